<?php
// One connection to the mail server for each letter.
function send_newsletter(): int
{
    file_get_contents('php://input');
    foreach (range(1, 50) as $letter) {
        usleep(200000);
    }
    return 50;
}
