-- Every row of the extract is judged exactly once.
select reading.row
from reading
left join judged on reading.row = judged.row
group by reading.row
having count(judged.row) <> 1;
