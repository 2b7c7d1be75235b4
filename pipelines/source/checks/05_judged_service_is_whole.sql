-- Every row of the extract is judged exactly once.
select extract_row.row
from extract_row
anti join judged on extract_row.row = judged.row
union all
select judged.row
from judged
group by judged.row
having count(*) <> 1;
