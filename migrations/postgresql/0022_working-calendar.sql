CREATE TABLE "calendar_days" (
	"day" text COLLATE "C" PRIMARY KEY NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"works_like" bigint,
	"name" text COLLATE "C" NOT NULL,
	"changed_at" bigint NOT NULL,
	"changed_by" text COLLATE "C" NOT NULL,
	CONSTRAINT "calendar_days_kind_check" CHECK ("kind" in ('holiday', 'make-up-day')),
	CONSTRAINT "calendar_days_works_like_check" CHECK (case when "kind" = 'holiday' then "works_like" is null else "works_like" between 1 and 7 end)
);
