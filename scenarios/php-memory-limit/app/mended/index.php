<?php
// The list of all scores, for printing.
require __DIR__ . '/scores.php';

echo 'scores: ', count_scores(24000), "\n";
