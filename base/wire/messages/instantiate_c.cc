// The codecs of the APIs 27 to 37.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/alter_configs.h"
#include "base/wire/messages/alter_replica_log_dirs.h"
#include "base/wire/messages/create_acls.h"
#include "base/wire/messages/create_partitions.h"
#include "base/wire/messages/delete_acls.h"
#include "base/wire/messages/describe_acls.h"
#include "base/wire/messages/describe_configs.h"
#include "base/wire/messages/describe_log_dirs.h"
#include "base/wire/messages/sasl_authenticate.h"
#include "base/wire/messages/txn_offset_commit.h"
#include "base/wire/messages/write_txn_markers.h"

WEIR_WIRE_INSTANTIATE(weir::wire::WriteTxnMarkersRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::WriteTxnMarkersResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::TxnOffsetCommitRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::TxnOffsetCommitResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeAclsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeAclsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::CreateAclsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::CreateAclsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteAclsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteAclsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeConfigsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeConfigsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterConfigsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterConfigsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterReplicaLogDirsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterReplicaLogDirsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeLogDirsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeLogDirsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::SaslAuthenticateRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::SaslAuthenticateResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::CreatePartitionsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::CreatePartitionsResponse)
