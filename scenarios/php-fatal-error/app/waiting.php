<?php
// Who waits longest is next.
function next_in_line(array $waiting): string
{
    return garden_name_for_display($waiting[0]);
}
