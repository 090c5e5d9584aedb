<?php
header("Content-Type: text/plain");
echo "services: 3\n";
