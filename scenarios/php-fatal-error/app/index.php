<?php
// The waiting list, and who is next.
require __DIR__ . '/waiting.php';

echo 'next: ', next_in_line(['Ada', 'Ben', 'Cleo']), "\n";
