-- What a drop list names is taken out of every delivery: secret addresses, and people who object.
-- reads: dropped (pseudonym), register_delivery, service_delivery
-- makes: register_delivery and service_delivery without them
-- may see: pseudonyms. With a custodian this was done there, and dropped is empty.
delete from register_delivery
where pseudonym in (select dropped.pseudonym from dropped);

delete from service_delivery
where pseudonym in (select dropped.pseudonym from dropped);

drop table dropped;
