<?php
// The next ride.
echo 'next ride: ', 'to the sea', "\n";
