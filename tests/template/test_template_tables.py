"""Tables: what they hold survives mistakes, and what need not be kept goes by itself."""

from __future__ import annotations

import re

from admin_api.stores import TABLES
from tests.template.reader import ROOT, Template

KEPT_FOREVER = frozenset(
    {
        "ConfigurationTable",
        "ChangeTable",
        "AiPersonTable",
        "AiRuleTable",
        "AiRuleVersionTable",
    }
)
# Partitions of one person, or of one node: no index has one for all.
OWN_PARTITIONS = frozenset({"uid_state", "uid_node", "uid_app", "node"})


def test_functions_know_a_table_by_what_its_name_has_of_its_own(template: Template) -> None:
    files = [file for folder in ("functions", "layers") for file in (ROOT / folder).rglob("*.py")]
    known = {name for file in files for name in re.findall(r'table_name\("([\w-]+)"\)', file.read_text())}
    assert known
    assert known <= set(template.table_names().values())


def test_the_api_knows_every_table(template: Template) -> None:
    assert sorted(TABLES) == sorted(template.table_names().values())


def test_every_table_is_backed_up_encrypted_and_paid_by_request(template: Template) -> None:
    for logical_id, table in template.of_type("AWS::DynamoDB::Table").items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, logical_id
        condition, own, of_aws = table["SSESpecification"]["Fn::If"]
        assert (condition, of_aws) == ("OwnKey", {"SSEEnabled": True}), logical_id
        assert own == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "KmsKeyArn"}}, logical_id
        assert table["BillingMode"] == "PAY_PER_REQUEST", logical_id


def test_every_table_can_be_protected_and_survives_a_change_of_its_key(template: Template) -> None:
    for logical_id, table in template.of_type("AWS::DynamoDB::Table").items():
        assert table["DeletionProtectionEnabled"] == {"Fn::If": ["KeepTables", True, False]}, logical_id
        assert template.body["Resources"][logical_id]["UpdateReplacePolicy"] == "Retain", logical_id


def test_what_is_over_expires_while_configuration_does_not(template: Template) -> None:
    for logical_id, table in template.of_type("AWS::DynamoDB::Table").items():
        if logical_id in KEPT_FOREVER:
            assert "TimeToLiveSpecification" not in table, logical_id
        else:
            assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_keys_and_attributes_agree(template: Template) -> None:
    for logical_id, table in template.of_type("AWS::DynamoDB::Table").items():
        schemas = [table["KeySchema"]]
        schemas += [index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", ())]
        used = {key["AttributeName"] for schema in schemas for key in schema}
        assert {attribute["AttributeName"] for attribute in table["AttributeDefinitions"]} == used, logical_id


def test_a_list_by_time_does_not_put_all_writes_on_one_partition(template: Template) -> None:
    for table in template.of_type("AWS::DynamoDB::Table").values():
        for index in table.get("GlobalSecondaryIndexes", ()):
            partition, order = (key["AttributeName"] for key in index["KeySchema"])
            assert partition in OWN_PARTITIONS or (partition.endswith("_shard") and order.endswith("_at"))
