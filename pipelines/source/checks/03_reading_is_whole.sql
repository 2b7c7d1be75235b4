-- Every row of the extract has exactly one reading, and a reading is either a canonical address or a reason.
select extract_row_address.address_number
from extract_row_address
anti join address_reading on extract_row_address.address_number = address_reading.address_number
union all
select address_reading.address_number
from address_reading
group by address_reading.address_number
having count(*) <> 1 or bool_or((address_reading.canonical = '') = (address_reading.reason = ''));
