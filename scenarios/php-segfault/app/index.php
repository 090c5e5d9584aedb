<?php
// A page with thumbnails.
require __DIR__ . '/thumbnail.php';

echo 'photos: ', thumbnail(3), "\n";
