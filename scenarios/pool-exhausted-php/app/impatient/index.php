<?php
// Pages are quick. An export asks the partner's server, and gives up soon.
if (str_starts_with($_SERVER['REQUEST_URI'], '/export')) {
    usleep(50000);
}
echo "orders: 17\n";
