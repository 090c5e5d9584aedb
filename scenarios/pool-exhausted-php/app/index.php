<?php
// Pages are quick. An export waits for the partner's server, which takes its time.
if (str_starts_with($_SERVER['REQUEST_URI'], '/export')) {
    sleep(20);
}
echo "orders: 17\n";
