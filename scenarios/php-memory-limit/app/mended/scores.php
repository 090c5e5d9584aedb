<?php
// One score at a time.
function scores(int $there_are): Generator
{
    for ($n = 1; $n <= $there_are; $n++) {
        yield sprintf('%06d %s', $n, str_repeat('la ', 300));
    }
}

function count_scores(int $there_are): int
{
    $count = 0;
    foreach (scores($there_are) as $score) {
        $count++;
    }
    return $count;
}
