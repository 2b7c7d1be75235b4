-- Every row of the extract has exactly one reading, and a reading is either a canonical address or a reason.
select extract_row_address.row
from extract_row_address
left join reading on extract_row_address.row = reading.row
group by extract_row_address.row
having count(reading.row) <> 1 or count(*) filter (where (reading.canonical = '') = (reading.reason = '')) > 0;
