<?php
// The same in PHP alone, without the extension.
function thumbnail(int $n): int
{
    return $n;
}
