-- Decisions are removed by their age.
create index decision_by_age on decision using brin (at);
