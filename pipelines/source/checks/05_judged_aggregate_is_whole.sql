-- Every row of the table is judged exactly once.
select extract_row.row
from extract_row
left join judged on extract_row.row = judged.row
group by extract_row.row
having count(judged.row) <> 1;
