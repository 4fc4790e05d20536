-- Overrides of schedules can stand in files.
alter table managed drop constraint managed_kind_check;
alter table managed add constraint managed_kind_check
    check (kind in ('site', 'monitor', 'group', 'dependency', 'maintenance', 'channel', 'region', 'route', 'route_override', 'escalation', 'schedule', 'schedule_override',
                    'status_page', 'drill'));
