-- Nothing is looked for by a whole document: what the planner would learn of these, by sorting thousands of them each time a table has grown by a
-- tenth, was a seventh of PostgreSQL's work while many incidents open at once.
alter table audit alter column before set statistics 0, alter column after set statistics 0;
alter table channel_thread alter column remembered set statistics 0;
alter table decision alter column votes set statistics 0;
alter table evidence alter column document set statistics 0;
alter table group_state alter column core set statistics 0;
alter table incident_event alter column data set statistics 0;
alter table monitor_state alter column core set statistics 0;
alter table outbox alter column payload set statistics 0;
alter table sight alter column document set statistics 0;
