CREATE TABLE "agent" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"prompt" text NOT NULL,
	"greeting" text NOT NULL,
	"language" text NOT NULL,
	"time_zone" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"stt" jsonb,
	"llm" jsonb,
	"voice" jsonb,
	"recording" text NOT NULL,
	"disclosure" jsonb NOT NULL,
	"limits" jsonb NOT NULL,
	"tools" jsonb NOT NULL,
	"callback_policy" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempt" (
	"id" uuid PRIMARY KEY NOT NULL,
	"callback_id" uuid NOT NULL,
	"attempt_number" integer NOT NULL,
	"status" text NOT NULL,
	"outcome" text,
	"counted" boolean DEFAULT false NOT NULL,
	"detail" text,
	"carrier" text NOT NULL,
	"from_number" text NOT NULL,
	"to_number" text NOT NULL,
	"call_id" uuid NOT NULL,
	"carrier_call_id" text,
	"owner_id" uuid NOT NULL,
	"owner_epoch" bigint NOT NULL,
	"machine_detection" boolean NOT NULL,
	"machine_verdict" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"opening_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"check_at" timestamp (3) with time zone,
	"checks" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "attempt_status" CHECK (status in ('sending', 'unknown', 'placed', 'ringing', 'answered', 'ended')),
	CONSTRAINT "attempt_ended_has_outcome" CHECK ((status = 'ended') = (outcome is not null))
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject_type" text NOT NULL,
	"subject_id" text NOT NULL,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
CREATE TABLE "call" (
	"id" uuid PRIMARY KEY NOT NULL,
	"direction" text NOT NULL,
	"status" text NOT NULL,
	"carrier" text NOT NULL,
	"carrier_call_id" text,
	"agent_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"callback_id" uuid,
	"attempt_id" uuid,
	"from_number" text,
	"to_number" text NOT NULL,
	"attestation" text DEFAULT 'none' NOT NULL,
	"time_zone" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"end_reason" text,
	"resumes" smallint DEFAULT 0 NOT NULL,
	"replica_id" uuid,
	"recording" text DEFAULT 'none' NOT NULL,
	"recording_file" text,
	"recording_replica_id" uuid,
	"summary" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "callback" (
	"id" uuid PRIMARY KEY NOT NULL,
	"status" text NOT NULL,
	"agent_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"to_number" text NOT NULL,
	"to_name" text,
	"from_number" text,
	"due_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"time_zone" text NOT NULL,
	"time_zone_named" boolean NOT NULL,
	"hours_waived_for" timestamp (3) with time zone,
	"reason" text NOT NULL,
	"attempts_made" integer DEFAULT 0 NOT NULL,
	"max_attempts" integer NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"current_attempt_id" uuid,
	"releases" integer DEFAULT 0 NOT NULL,
	"origin_call_id" uuid,
	"failure_code" text,
	"failure_reason" text,
	"warning" text,
	"cancelled_by" text,
	"hangup_requested" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "callback_status" CHECK (status in ('scheduled', 'dialing', 'completed', 'no_answer', 'failed', 'cancelled')),
	CONSTRAINT "callback_dialing_has_attempt" CHECK ((status = 'dialing') = (current_attempt_id is not null)),
	CONSTRAINT "callback_dialing_has_no_timer" CHECK (status <> 'dialing' or next_attempt_at is null),
	CONSTRAINT "callback_scheduled_has_timer" CHECK (status <> 'scheduled' or next_attempt_at is not null)
);
--> statement-breakpoint
CREATE TABLE "carrier_pause" (
	"carrier" text PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "conversation" (
	"id" uuid PRIMARY KEY NOT NULL,
	"agent_id" uuid NOT NULL,
	"person" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "do_not_call" (
	"id" uuid PRIMARY KEY NOT NULL,
	"number" text NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "do_not_call_number_unique" UNIQUE("number")
);
--> statement-breakpoint
CREATE TABLE "event" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"turn_index" integer,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_key" (
	"key" text PRIMARY KEY NOT NULL,
	"body_hash" text NOT NULL,
	"result" jsonb NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "phone_number" (
	"id" uuid PRIMARY KEY NOT NULL,
	"number" text NOT NULL,
	"carrier" text NOT NULL,
	"agent_id" uuid,
	"inbound_enabled" boolean DEFAULT true NOT NULL,
	"outbound_enabled" boolean DEFAULT false NOT NULL,
	"built_in" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "phone_number_number_unique" UNIQUE("number")
);
--> statement-breakpoint
CREATE TABLE "replica" (
	"id" uuid PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"lease_until" timestamp (3) with time zone NOT NULL,
	"draining" boolean DEFAULT false NOT NULL,
	"version" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session" (
	"hash" text PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "setting" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_code" (
	"hash" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "stream_token" (
	"hash" text PRIMARY KEY NOT NULL,
	"call_id" uuid NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "timer" (
	"fire_at" timestamp (3) with time zone NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	CONSTRAINT "timer_fire_at_id_pk" PRIMARY KEY("fire_at","id")
);
--> statement-breakpoint
CREATE TABLE "turn" (
	"call_id" uuid NOT NULL,
	"turn_index" integer NOT NULL,
	"role" text NOT NULL,
	"text" text NOT NULL,
	"heard_text" text,
	"interrupted" boolean DEFAULT false NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"tool_name" text,
	"tool_arguments" jsonb,
	"tool_result" jsonb,
	"latency" jsonb,
	CONSTRAINT "turn_call_id_turn_index_pk" PRIMARY KEY("call_id","turn_index")
);
--> statement-breakpoint
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_callback_id_callback_id_fk" FOREIGN KEY ("callback_id") REFERENCES "public"."callback"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call" ADD CONSTRAINT "call_agent_id_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agent"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call" ADD CONSTRAINT "call_conversation_id_conversation_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "callback" ADD CONSTRAINT "callback_agent_id_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agent"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "callback" ADD CONSTRAINT "callback_conversation_id_conversation_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversation" ADD CONSTRAINT "conversation_agent_id_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agent"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "phone_number" ADD CONSTRAINT "phone_number_agent_id_agent_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agent"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "turn" ADD CONSTRAINT "turn_call_id_call_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."call"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agent_one_default" ON "agent" USING btree ("is_default") WHERE is_default;--> statement-breakpoint
CREATE UNIQUE INDEX "attempt_number" ON "attempt" USING btree ("callback_id","attempt_number");--> statement-breakpoint
CREATE UNIQUE INDEX "attempt_one_in_flight" ON "attempt" USING btree ("carrier","to_number") WHERE status <> 'ended';--> statement-breakpoint
CREATE INDEX "attempt_unsettled" ON "attempt" USING btree ("owner_id") WHERE status in ('sending', 'unknown');--> statement-breakpoint
CREATE INDEX "attempt_person" ON "attempt" USING btree ("to_number","started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "attempt_carrier_call" ON "attempt" USING btree ("carrier","carrier_call_id") WHERE carrier_call_id is not null;--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit" USING btree ("subject_type","subject_id","at");--> statement-breakpoint
CREATE UNIQUE INDEX "call_carrier_call" ON "call" USING btree ("carrier","carrier_call_id");--> statement-breakpoint
CREATE INDEX "call_started" ON "call" USING btree ("started_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "call_conversation" ON "call" USING btree ("conversation_id","started_at");--> statement-breakpoint
CREATE INDEX "call_live" ON "call" USING btree ("replica_id") WHERE ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "callback_one_open" ON "callback" USING btree ("agent_id","to_number") WHERE status in ('scheduled', 'no_answer') and next_attempt_at is not null;--> statement-breakpoint
CREATE INDEX "callback_due" ON "callback" USING btree ("due_at","id");--> statement-breakpoint
CREATE INDEX "callback_person" ON "callback" USING btree ("to_number","created_at");--> statement-breakpoint
CREATE INDEX "conversation_person" ON "conversation" USING btree ("person","agent_id");