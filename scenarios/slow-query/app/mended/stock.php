<?php
// The stock of one article. The table has grown to a million movements.
require __DIR__ . '/table.php';

echo 'in stock: ', stock_of((int) ($_GET['article'] ?? 1)), "\n";
