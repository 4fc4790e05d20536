-- What engines tell each other of a region that outages rest on which no other domain sees: the sites of all shards count, not those of one engine's.

alter table region_report
    add column asks boolean not null default true,       -- the engine has a reason of its own to report; else because another one asks
    add column since timestamptz,                        -- the newest outage that waits for the region
    add column failing integer not null default 0,       -- sites seen since then: failing there, and not known to fail elsewhere
    add column seen_well integer not null default 0,     -- and well
    add column judgeable integer;                        -- sites that other domains check too, counted no further than to arbitration.min_sites
