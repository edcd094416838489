"""The scenario with kafka-python, 2.0 as Debian has it (no idempotence there) or today's: commits before revoke."""
import scenario
import kafka
from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

run = scenario.Run()
servers = run.bootstrap.split(",")
old = kafka.__version__.startswith("2.0")

admin = KafkaAdminClient(bootstrap_servers=servers)
admin.create_topics([NewTopic(run.topic, run.partitions, 3)], timeout_ms=20000)
admin.close()

options = {} if old else {"enable_idempotence": True}
if old:
    options["max_in_flight_requests_per_connection"] = 1  # keeps the order over retries
producer = KafkaProducer(bootstrap_servers=servers, acks="all", compression_type=None if run.codec == "none" else run.codec,
                         linger_ms=5, batch_size=65536, **options)
futures = [producer.send(run.topic, scenario.value(i), partition=i % run.partitions) for i in range(run.count)]
producer.flush(60)
for f in futures:
    f.get(30)
producer.close()


def member(name, leave):
    consumer = KafkaConsumer(bootstrap_servers=servers, group_id="group-" + run.topic, auto_offset_reset="earliest",
                             enable_auto_commit=False, heartbeat_interval_ms=300, session_timeout_ms=10000, max_poll_records=200)

    class Listener(ConsumerRebalanceListener):
        def on_partitions_revoked(self, revoked):
            if revoked and old:  # 3.x refuses to block in here; there each poll's records are committed before the next poll
                consumer.commit()

        def on_partitions_assigned(self, assigned):
            run.joined(name, [p.partition for p in assigned])
    consumer.subscribe([run.topic], listener=Listener())
    while not leave.is_set():
        polled = consumer.poll(timeout_ms=200)
        for records in polled.values():
            for r in records:
                run.record(name, r.partition, r.offset, r.value)
        if polled and not old:
            consumer.commit()
    consumer.commit()
    consumer.close(**({"autocommit": False} if old else {}))


run.members(member)
