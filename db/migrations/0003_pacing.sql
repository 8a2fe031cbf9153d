CREATE TABLE "pacer" (
	"carrier" text PRIMARY KEY NOT NULL,
	"next_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "callback" ADD COLUMN "slot" jsonb;--> statement-breakpoint
CREATE INDEX "call_caller" ON "call" USING btree ("from_number","started_at");--> statement-breakpoint
CREATE INDEX "call_callee" ON "call" USING btree ("to_number","started_at");