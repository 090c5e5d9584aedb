<?php
// Who waits longest is next.
function garden_name_for_display(string $name): string
{
    return strtoupper($name);
}

function next_in_line(array $waiting): string
{
    return garden_name_for_display($waiting[0]);
}
