<?php
// Stands for an extension with a fault in its C code: the process ends by signal 11 in the middle of the request.
function thumbnail(int $n): int
{
    file_get_contents('php://input');
    posix_kill(posix_getpid(), 11);
    return $n;
}
