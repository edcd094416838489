// The codecs of the APIs 60 to 70.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/allocate_producer_ids.h"
#include "base/wire/messages/broker_heartbeat.h"
#include "base/wire/messages/broker_registration.h"
#include "base/wire/messages/consumer_group_describe.h"
#include "base/wire/messages/consumer_group_heartbeat.h"
#include "base/wire/messages/controller_registration.h"
#include "base/wire/messages/describe_cluster.h"
#include "base/wire/messages/describe_producers.h"
#include "base/wire/messages/describe_transactions.h"
#include "base/wire/messages/list_transactions.h"
#include "base/wire/messages/unregister_broker.h"

WEIR_WIRE_INSTANTIATE(weir::wire::DescribeClusterRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeClusterResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeProducersRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeProducersResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::BrokerRegistrationRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::BrokerRegistrationResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::BrokerHeartbeatRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::BrokerHeartbeatResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::UnregisterBrokerRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::UnregisterBrokerResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeTransactionsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeTransactionsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ListTransactionsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ListTransactionsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AllocateProducerIdsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AllocateProducerIdsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupHeartbeatRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupHeartbeatResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupDescribeRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupDescribeResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ControllerRegistrationRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ControllerRegistrationResponse)
