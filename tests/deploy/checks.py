"""What the stack is: its settings as they arrived in the services, and what it writes into its logs."""

import json
import re
import time

import kit
import stack as stacks
import story

PAGE_VIEW = {"id": "one", "name": "PageView", "createdAt": int(time.time() * 1000)}


def settings(stack):
    """The template's words, read back from the services: those that MiniStack's CloudFormation hands on."""
    table = stack.dynamodb.describe_table(TableName=stack.outputs["TableName"])["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST", table
    assert table["DeletionProtectionEnabled"] is True, table
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["contacts"], table

    secret = stack.client("secretsmanager").get_secret_value(SecretId=stack.physical["KeySecret"])["SecretString"]
    assert re.fullmatch("[A-Za-z0-9]{64}", secret), "the secret is not 64 letters and digits"
    for name in stack.functions:
        of = stack.lambdas.get_function_configuration(FunctionName=stack.physical[name])
        given = of["Environment"]["Variables"]
        expected = "" if name == "AssetsFunction" else secret
        assert given["OKYAKU_HASH_KEY"] == expected, f"{name} has another key"
        assert given["OKYAKU_TOKEN_KEY"] == (expected and f"k1:{expected}"), f"{name} has another token key"
        assert given["OKYAKU_TABLE"] == table["TableName"], name
        # A filter of contacts has a whole core, and the time that the API waits.
        assert (of["Runtime"], of["MemorySize"]) == ("provided.al2023", {"ContactsFunction": 1792}.get(name, 256)), of
        timeouts = {"SweepFunction": 60, "AdminFunction": 30, "ContactsFunction": 29}
        assert of["Timeout"] == timeouts.get(name, 10), of
        assert of["LoggingConfig"]["LogGroup"] == group(name), of


def schedule(stack):
    """The schedule's only target is SweepFunction, which lets it in."""
    rule = stack.physical["SweepFunctionEveryMinute"].split("|")[-1]
    events = stack.client("events")
    described = events.describe_rule(Name=rule)
    assert (described["State"], described["ScheduleExpression"]) == ("ENABLED", "rate(1 minute)"), described
    function = stack.lambdas.get_function_configuration(FunctionName=stack.physical["SweepFunction"])["FunctionArn"]
    targets = [target["Arn"] for target in events.list_targets_by_rule(Rule=rule)["Targets"]]
    assert targets == [function], targets
    policy = json.loads(stack.lambdas.get_policy(FunctionName=stack.physical["SweepFunction"])["Policy"])
    callers = [each["Principal"] for each in policy["Statement"]]
    assert callers == [{"Service": "events.amazonaws.com"}], callers


def group(function):
    return f"/aws/lambda/{stacks.NAME}-{function.removesuffix('Function').lower()}"


def logs(stack):
    """Each function wrote into its own group: JSON lines, and nothing of a person. Returns how many lines."""
    client = stack.client("logs")
    lines = []
    for name in stack.functions:
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=group(name)):
            lines += [(name, event["message"].strip()) for event in page["events"]]
    served = {json.loads(line).get("route") for _, line in lines if line.startswith("{")}
    # AssetsFunction has no table and writes no line.
    scripts = {route for route in stack.routes if route.endswith(".js")}
    missing = set(stack.routes) - served - scripts
    assert not missing, f"no log line of {missing}"
    for name, line in lines:
        for trace in ("example.com", "lucas", "Lucas", story.MEMBER, story.NAME, "+82", "203.0.113", "/open/v5/users/@"):
            assert trace not in line, f"{name} logged {trace}"
    return len(lines)


def policies(stack, shop):
    """A function without its policy is refused by the table: what the others did, their policies allowed."""
    session = shop.boot("policies").expect(200)["sessionToken"]
    iam, role = stack.client("iam"), stack.physical["TrackFunctionRole"]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    for name in names:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    refused = shop.page("POST", "/front/v1/events", {"events": [PAGE_VIEW]}, session)
    assert refused.expect(500)["commonErrorCode"] == "INTERNAL_ERROR", refused
    for name, document in documents.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    shop.page("POST", "/front/v1/events", {"events": [PAGE_VIEW]}, session).expect(200)


def rotation(stack, shop):
    """A new name of the token key, the old one kept beside it: sessions live on, and new ones are of the new key."""
    session = shop.boot("rotation").expect(200)["sessionToken"]
    stack.update(TokenKeyId="k2", PreviousTokenKeyId="k1")
    renewed = shop.page("POST", "/front/v1/touch", session=session).expect(200)["sessionToken"]
    assert (kid(session), kid(renewed)) == ("k1", "k2")
    stack.update(TokenKeyId="k2", PreviousTokenKeyId="")
    shop.page("POST", "/front/v1/touch", session=session).expect(401)
    shop.page("POST", "/front/v1/touch", session=renewed).expect(200)


def kid(token):
    return kit.jwt_part(token, 0)["kid"]


def deletion(stack):
    """The table and the secret outlive the stack, with what is in them; nothing else does."""
    before = len(stack.items())
    functions = [stack.physical[name] for name in stack.functions]
    assert stack.delete() == "DELETE_COMPLETE"
    assert len(stack.items()) == before > 0, "the table lost something"
    stack.client("secretsmanager").get_secret_value(SecretId=stack.physical["KeySecret"])
    left = {each["FunctionName"] for each in stack.lambdas.list_functions()["Functions"]} & set(functions)
    assert not left, f"still there: {left}"
    assert stack.request("GET", "/okyaku.js").status == 404
    try:
        stack.dynamodb.delete_table(TableName=stack.outputs["TableName"])
    except stack.dynamodb.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "ValidationException", error
    else:
        raise AssertionError("the table's protection does not protect it")
