"""A stack on MiniStack: the template expanded, the built functions uploaded, created, asked and deleted."""

import io
import json
import os
import sys
import tempfile
import time
import zipfile

import boto3
from botocore.config import Config

import expand
import kit

NAME = "okyaku"
BUCKET = "okyaku-artefacts"
REGION = "ap-northeast-2"
# 127.0.0.1, so spelled that the functions do not take it for this machine's own engine: they sign with the credentials
# of their roles, as on AWS, and MiniStack holds them to their policies.
MACHINE = "127.1"
# So that the host name in the stack's outputs is the one MiniStack answers to.
HOST = f"{REGION}.amazonaws.com"


def ministack(port, home, auth=True):
    """MiniStack on 127.0.0.1. Nothing of this process's environment reaches it, or through it the functions. With `auth`
    it checks signatures and policies."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "AUTH": str(auth).lower(),
    }
    return kit.Process([sys.executable, "-m", "ministack"], environment, port)


class Stack:
    """The deployed stack."""

    def __init__(self, port, built):
        self.port = port
        self.built = built
        config = Config(region_name=REGION, retries={"total_max_attempts": 1}, read_timeout=120, parameter_validation=False)
        session = boto3.Session("test", "test")
        self.client = lambda service: session.client(service, endpoint_url=f"http://127.0.0.1:{port}", config=config)
        self.cloudformation = self.client("cloudformation")
        self.dynamodb = self.client("dynamodb")
        self.lambdas = self.client("lambda")
        self.outputs, self.physical, self.functions, self.routes, self.left_out = {}, {}, [], [], []

    def create(self):
        """Deploys as `sam deploy` does: uploads, creates, waits. Returns how many resources there are."""
        own = self.built / "template.yaml"
        text = (own if own.exists() else kit.ROOT / "template.yaml").read_text()
        template, self.functions = expand.serverless(text, REGION)
        storage = self.client("s3")
        storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for name in self.functions:
            storage.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=archive(self.built / name / "bootstrap"))
        body, self.routes, self.left_out = expand.for_ministack(expand.expand(template, self.functions, BUCKET))
        storage.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(body).encode())
        self.cloudformation.create_stack(**self.request_of())
        status = self.settle("CREATE_IN_PROGRESS")
        resources = self.cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
        states = {each["LogicalResourceId"]: each["ResourceStatus"] for each in resources}
        wrong = {name: state for name, state in states.items() if state != "CREATE_COMPLETE"}
        assert status == "CREATE_COMPLETE" and not wrong, f"{status} {wrong} {self.events()}"
        conditions = {name for name, each in body["Resources"].items() if "Condition" in each}
        assert set(states) | conditions == set(body["Resources"]), "resources are missing"
        self.physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
        stack = self.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        return len(states)

    def update(self, **parameters):
        """Changes parameters of the stack."""
        self.cloudformation.update_stack(**self.request_of(**parameters))
        status = self.settle("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        assert status == "UPDATE_COMPLETE", f"{status} {self.events()}"

    def request_of(self, **parameters):
        """What `CreateStack` and `UpdateStack` are asked."""
        given = {"Architecture": "x86_64", "DynamoDbEndpoint": f"http://{MACHINE}:{self.port}", **parameters}
        return {
            "StackName": NAME,
            "TemplateURL": f"http://127.0.0.1:{self.port}/{BUCKET}/template.json",  # too large for TemplateBody
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        }

    def settle(self, *under_way):
        """The stack's status once it is none of these."""
        for _ in range(300):
            stacks = self.cloudformation.describe_stacks(StackName=NAME)["Stacks"]
            if stacks[0]["StackStatus"] not in under_way:
                return stacks[0]["StackStatus"]
            time.sleep(0.2)
        raise AssertionError(f"{under_way} for a minute")

    def events(self):
        events = self.cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
        return [each.get("ResourceStatusReason") for each in events if each.get("ResourceStatusReason")]

    def delete(self):
        """Deletes the stack, and returns when it is gone."""
        stack_id = self.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=NAME)
        for _ in range(300):
            status = self.cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
            if status != "DELETE_IN_PROGRESS":
                return status
            time.sleep(0.2)
        raise AssertionError("still being deleted after a minute")

    def invoke(self, function, payload):
        """Invokes a function directly, as `sam remote invoke` does."""
        reply = self.lambdas.invoke(FunctionName=self.physical[function], Payload=json.dumps(payload))
        answer = json.loads(reply["Payload"].read() or b"null")
        assert "FunctionError" not in reply, f"{function}: {answer}"
        return answer

    def request(self, method, path, body=None, headers=None):
        """Sends a request to the API, to the host that the stack's output names."""
        host = self.outputs["ApiUrl"].removeprefix("https://")
        return kit.request(self.port, method, path, body, {**(headers or {}), "host": host})

    def items(self, **conditions):
        """Every item of the table, read page by page."""
        start = {}
        items = []
        while True:
            page = self.dynamodb.scan(TableName=self.outputs["TableName"], ConsistentRead=True, **conditions, **start)
            items.extend(page["Items"])
            if "LastEvaluatedKey" not in page:
                return items
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def archive(bootstrap):
    """The zip that is uploaded; the file may be executed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        zipped.writestr(entry, bootstrap.read_bytes())
    return packed.getvalue()


def folder():
    """A folder that is gone at the end of the block."""
    return tempfile.TemporaryDirectory(prefix="okyaku-stack-")
