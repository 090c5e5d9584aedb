<?php
require __DIR__ . '/menu.phtml';
