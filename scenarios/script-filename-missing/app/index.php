<?php
// What is on tonight.
echo 'tonight: ', 'silent films', "\n";
