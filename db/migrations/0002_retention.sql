ALTER TABLE "call" ADD COLUMN "purged_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback" ADD COLUMN "purged_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "call_unpurged" ON "call" USING btree ("ended_at") WHERE purged_at is null and ended_at is not null;--> statement-breakpoint
CREATE INDEX "callback_conversation" ON "callback" USING btree ("conversation_id");--> statement-breakpoint
CREATE INDEX "callback_unpurged" ON "callback" USING btree ("updated_at") WHERE purged_at is null and status <> 'scheduled' and status <> 'dialing' and next_attempt_at is null;