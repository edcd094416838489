-- Request metrics per service, one row per service and window: requests, successes and errors, average and p95 response
-- time, throughput, error rate. Plain Flink SQL: the same text runs on Apache Flink against the same topics.
--   weir sql -f examples/monitoring.sql --var BOOTSTRAP=127.0.0.1:19092 -b 127.0.0.1:19092
CREATE TABLE requests (
  ts BIGINT, service STRING, endpoint STRING, status INT, duration_ms BIGINT, `user` STRING,
  et AS TO_TIMESTAMP_LTZ(ts, 3),
  WATERMARK FOR et AS et - INTERVAL '1' SECOND
) WITH (
  'connector' = 'kafka', 'topic' = 'requests', 'properties.bootstrap.servers' = '${BOOTSTRAP}',
  'scan.startup.mode' = 'earliest-offset', 'scan.watermark.emit.strategy' = 'on-event', 'format' = 'json'
);

CREATE TABLE service_metrics (
  window_start TIMESTAMP(3), window_end TIMESTAMP(3), service STRING,
  requests BIGINT, success BIGINT, errors BIGINT, avg_ms DOUBLE, p95_ms DOUBLE, throughput DOUBLE, error_rate DOUBLE
) WITH (
  'connector' = 'kafka', 'topic' = 'service_metrics', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'format' = 'json'
);

INSERT INTO service_metrics
SELECT window_start, window_end, service,
  COUNT(*) AS requests,
  COUNT(*) FILTER (WHERE status < 400) AS success,
  COUNT(*) FILTER (WHERE status >= 400) AS errors,
  AVG(CAST(duration_ms AS DOUBLE)) AS avg_ms,
  PERCENTILE(duration_ms, 0.95) AS p95_ms,
  CAST(COUNT(*) AS DOUBLE) / 2 AS throughput,
  CAST(COUNT(*) FILTER (WHERE status >= 400) AS DOUBLE) / COUNT(*) AS error_rate
FROM TABLE(TUMBLE(TABLE requests, DESCRIPTOR(et), INTERVAL '2' SECOND))
GROUP BY window_start, window_end, service;
