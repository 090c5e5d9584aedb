<?php
// The page of opening hours.
echo 'open: ', 9, ' to ', 20, "\n";
