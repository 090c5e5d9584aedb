<?php
// The newsletter is sent to all members while the browser waits.
require __DIR__ . '/newsletter.php';

echo 'letters: ', send_newsletter(), "\n";
