<?php
// Reads every score with its whole description, and then counts them.
function count_scores(int $there_are): int
{
    $all = [];
    for ($n = 1; $n <= $there_are; $n++) {
        $all[] = sprintf('%06d %s', $n, str_repeat('la ', 300));
    }
    return count($all);
}
