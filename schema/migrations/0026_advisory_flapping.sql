-- An advisory that came and went too often stays open from then on, until all was calm (lib/decision/advisory.cpp).
alter table advisory add column flapping_since timestamptz;
