CREATE TABLE "feed_files" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "feed_files_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"sha256" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"rows" bigint NOT NULL,
	"applied" bigint NOT NULL,
	"scheduled" bigint NOT NULL,
	"held" bigint NOT NULL,
	"same" bigint NOT NULL,
	"rejected" bigint NOT NULL,
	"fault" text COLLATE "C",
	"at" bigint NOT NULL,
	CONSTRAINT "feed_files_state_check" CHECK ("state" in ('done', 'refused', 'checked'))
);
--> statement-breakpoint
CREATE INDEX "feed_files_source_index" ON "feed_files" USING btree ("source","id");--> statement-breakpoint
CREATE INDEX "feed_files_content_index" ON "feed_files" USING btree ("source","sha256");