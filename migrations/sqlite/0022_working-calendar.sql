CREATE TABLE `calendar_days` (
	`day` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`works_like` integer,
	`name` text NOT NULL,
	`changed_at` integer NOT NULL,
	`changed_by` text NOT NULL,
	CONSTRAINT "calendar_days_kind_check" CHECK("kind" in ('holiday', 'make-up-day')),
	CONSTRAINT "calendar_days_works_like_check" CHECK(case when "kind" = 'holiday' then "works_like" is null else "works_like" between 1 and 7 end)
);
