/** A spec that the API server has to refuse, as YAML, and what its answer has to say. */
export type InvalidSpec = [title: string, spec: string, says: RegExp];

const model = (source: string) => `{model: {${source}}}`;
const served = (rest: string) => `{model: {bundled: intent-fr}, ${rest}}`;
const resources = (rest: string) => served(`resources: {${rest}}`);
const env = (...items: string[]) => served(`server: {env: [${items.join(", ")}]}`);
const pod = (rest: string) => served(`pod: {${rest}}`);
const ingress = (rest: string) => served(`expose: {ingress: {${rest}}}`);
const route = (rest: string) => served(`expose: {httpRoute: {${rest}}}`);
const gateways = (...items: string[]) => route(`parentRefs: [${items.join(", ")}]`);
const url = (rest: string) => model(`sha256: "${"0".repeat(64)}", url: {${rest}}`);
const header = (rest: string) => url(`location: "https://a.example/m.onnx", header: {${rest}}`);
const volume = (path: string) => model(`persistentVolumeClaim: {claimName: models, path: ${path}}`);

const objectName = /not the name of an object; write lower case letters/;
const dataKey = /not a key of a ConfigMap or Secret; write letters, digits/;
const imageName = /not the name of an image; write lower case letters/;
const labelKey = /a key is at most 63 letters/;
const labelValue = /not the value of a label; write letters/;
const hostName = /not a host name; write lower case letters/;
const memory = /not an amount of memory from 32Mi to 64Ti; write it with its unit/;
const cpu = /not an amount of CPU from 1m to 10000; write for example 250m/;

/** Where the model comes from. */
const models: InvalidSpec[] = [
  ["no spec", "", /spec: Required/],
  ["no model", "{}", /spec.model: Required/],
  ["no source", model(""), /name exactly one source of the model; write either bundled/],
  ["two sources", model("bundled: a, configMap: {name: iris}"), /exactly one source/],
  ["a source of nothing", model("bundled: null"), /exactly one source/],
  ["an unknown source", model("s3: {bucket: models}"), /unknown field "spec.model.s3"/],
  ["a model as a word", "{model: intent-fr}", /spec.model: .*must be of type object/],
  ["a path as bundled", model("bundled: models/intent-fr.onnx"), /without folder or ending/],
  ["no name as bundled", model("bundled: ''"), /model.bundled: .*for example intent-fr/],
  ["a number as bundled", model("bundled: 7"), /model.bundled: .*must be of type string/],
  ["a ConfigMap without name", model("configMap: {key: a}"), /configMap.name: Required/],
  ["a ConfigMap of no name", model("configMap: {name: ''}"), objectName],
  ["a ConfigMap with a slash", model("configMap: {name: ml/iris}"), objectName],
  ["a ConfigMap in capitals", model("configMap: {name: Iris}"), objectName],
  ["a ConfigMap of 254 letters", model(`configMap: {name: ${"a".repeat(254)}}`), /name: Too long/],
  ["a key with a slash", model("configMap: {name: iris, key: a/b}"), dataKey],
  ["a key of two dots", model("configMap: {name: iris, key: ..}"), dataKey],
  ["an empty key", model("configMap: {name: iris, key: ''}"), dataKey],
  ["a short digest", model("bundled: a, sha256: abc"), /64 lower case hexadecimal/],
  [
    "a digest in capitals",
    model(`bundled: a, sha256: ${"A".repeat(64)}`),
    /64 lower case hexadecimal/,
  ],
  [
    "a digest with its algorithm",
    model(`bundled: a, sha256: "sha256:${"a".repeat(57)}"`),
    /64 low/,
  ],
  ["a digest of 65 digits", model(`bundled: a, sha256: "${"a".repeat(65)}"`), /sha256: Too long/],

  ["a claim without name", model("persistentVolumeClaim: {path: a}"), /claimName: Required/],
  ["a claim with an underscore", model("persistentVolumeClaim: {claimName: a_b}"), objectName],
  ["a path out of the volume", volume("../secret"), /write the path from the root of the volume/],
  ["a path through its parent", volume("a/../b"), /without '.' or '..'/],
  ["a path from the root", volume("/m.onnx"), /without a slash at its beginning or end/],
  ["a path of a folder", volume("models/"), /without a slash at its beginning or end/],
  ["a path with two slashes", volume("a//b"), /write the path from the root/],
  ["a path of nothing", volume("''"), /write the path from the root/],
  ["a path with a line break", volume('"a\\nb"'), /write the path from the root/],

  ["a url without digest", model("url: {location: 'https://a.example/m'}"), /url needs sha256/],
  ["a url as a word", model("url: 'https://a.example/m'"), /model.url: .*must be of type object/],
  ["an address without scheme", url("location: a.example/m.onnx"), /not a URL; write one/],
  ["an address of FTP", url("location: 'ftp://a.example/m'"), /begins with https:/],
  ["an address with a password", url("location: 'https://me:x@a.example/m'"), /neither user nor/],
  ["an address with a space", url("location: 'https://a.example/my model'"), /not a URL/],
  ["an address without host", url("location: 'https:///m.onnx'"), /not a URL/],
  ["an address of a port only", url("location: 'https://:443/m.onnx'"), /not a URL/],
  ["a port in words", url("location: 'https://a.example:https/m'"), /not a URL/],
  ["a port that does not exist", url("location: 'https://a.example:70000/m'"), /not a URL/],
  ["a size in MB", url("location: 'https://a.example/m', maxSize: 500MB"), /for example 500Mi/],
  ["a size of nothing", url("location: 'https://a.example/m', maxSize: 0"), /from 1Ki to 64Ti/],
  ["a size without unit", url("location: 'https://a.example/m', maxSize: 500"), /from 1Ki to 64Ti/],
  ["a size below zero", url("location: 'https://a.example/m', maxSize: -1Gi"), /from 1Ki/],
  ["a header without Secret", header("name: Authorization"), /secretKeyRef: Required/],
  ["a header in clear", header("value: secret"), /unknown field "spec.model.url.header.value"/],
  ["a header without key", header("secretKeyRef: {name: a}"), /secretKeyRef.key: Required/],
  [
    "a header with a colon",
    header("name: 'X-Key:', secretKeyRef: {name: a, key: b}"),
    /a header's name has only letters, digits and '-'/,
  ],
  [
    "a header of the transfer",
    header("name: Range, secretKeyRef: {name: a, key: b}"),
    /set by the transfer itself; remove it/,
  ],
  ["a Secret with a space", header("secretKeyRef: {name: 'my secret', key: b}"), objectName],
  ["a key with a space", header("secretKeyRef: {name: a, key: 'a b'}"), dataKey],

  ["an image without reference", model("image: {path: a}"), /image.reference: Required/],
  ["an image with a scheme", model("image: {reference: 'https://a.example/iris'}"), imageName],
  ["an image with a space", model("image: {reference: 'a.example/iris model'}"), imageName],
  ["an image in capitals", model("image: {reference: Iris}"), imageName],
  ["an image with a short digest", model("image: {reference: 'iris@sha256:abc'}"), imageName],
  ["an image pulled sometimes", model("image: {reference: a, pullPolicy: Daily}"), /"Always"/],
];

/** How many pods, and what they get. */
const sizes: InvalidSpec[] = [
  ["an unknown field", served("autoscalling: {}"), /unknown field "spec.autoscalling"/],
  [
    "replicas and autoscaling",
    served("replicas: 2, autoscaling: {maxReplicas: 3}"),
    /exclude each/,
  ],
  ["negative replicas", served("replicas: -1"), /greater than or equal to 0/],
  ["half a replica", served("replicas: 0.5"), /replicas: .*must be of type int32/],
  ["replicas in words", served("replicas: two"), /replicas: .*must be of type integer/],
  ["a number in quotes", served("replicas: '2'"), /replicas: .*must be of type integer/],
  ["a million replicas", served("replicas: 1000000"), /less than or equal to 1000/],
  ["no maxReplicas", served("autoscaling: {}"), /maxReplicas: Required/],
  ["no pods at most", served("autoscaling: {maxReplicas: 0}"), /greater than or equal to 1/],
  ["no pods at least", served("autoscaling: {minReplicas: 0, maxReplicas: 2}"), /equal to 1/],
  [
    "min above max",
    served("autoscaling: {minReplicas: 4, maxReplicas: 3}"),
    /minReplicas is larger than maxReplicas/,
  ],
  [
    "a CPU use of nothing",
    served("autoscaling: {maxReplicas: 2, targetCPUUtilization: 0}"),
    /targetCPUUtilization.*greater than or equal to 1/,
  ],
  [
    "a CPU use with percent",
    served("autoscaling: {maxReplicas: 2, targetCPUUtilization: 80%}"),
    /targetCPUUtilization: .*must be of type integer/,
  ],
  ["a CPU in words", resources("requests: {cpu: two}"), cpu],
  ["a CPU of nothing", resources("requests: {cpu: 0}"), cpu],
  ["a CPU below zero", resources("requests: {cpu: -250m}"), cpu],
  ["a CPU finer than a millicore", resources("requests: {cpu: 0.5m}"), cpu],
  ["a CPU of microcores", resources("requests: {cpu: 100u}"), cpu],
  ["a million cores", resources("requests: {cpu: 1000000}"), cpu],
  ["a CPU without quotes", resources("requests: {cpu: 0.5}"), /requests.cpu: .*integer.*string/],
  ["no memory at all", resources("requests: {memory: 0}"), memory],
  ["memory in MB", resources("limits: {memory: 512MB}"), memory],
  ["memory without unit", resources("requests: {memory: 512}"), memory],
  ["memory that no server starts with", resources("requests: {memory: 1Mi}"), memory],
  ["memory in thousandths", resources("requests: {memory: 512m}"), memory],
  ["memory below zero", resources("requests: {memory: -1Gi}"), memory],
  ["memory of a galaxy", resources("requests: {memory: 100Ei}"), memory],
  ["a CPU limit below the request", resources("limits: {cpu: 100m}"), /limits.cpu is below/],
  [
    "a memory limit below the request",
    resources("limits: {memory: 512Mi}"),
    /limits.memory is below requests.memory/,
  ],
  ["a resource of its own", resources("requests: {nvidia.com/gpu: 1}"), /unknown field .*gpu/],
];

/** The server's settings. */
const servers: InvalidSpec[] = [
  ["the server as an image", served("server: intendant/server"), /spec.server: .*type object/],
  ["a server image with a space", served("server: {image: 'a b'}"), imageName],
  ["a server image of nothing", served("server: {image: ''}"), imageName],
  ["gRPC in words", served("server: {grpc: 'on'}"), /grpc: .*must be of type boolean/],
  ["the port of gRPC", env("{name: GRPC_PORT, value: '9000'}"), /write server.grpc: true instead/],
  ["a model as a setting", env("{name: MODEL_PATH, value: a}"), /write spec.model instead/],
  ["a port as a setting", env("{name: PORT, value: '80'}"), /DRAIN_SECONDS; remove this variable/],
  ["a setting with a hyphen", env("{name: LOG-LEVEL, value: info}"), /for example LOG_LEVEL/],
  ["a setting without name", env("{name: '', value: info}"), /for example LOG_LEVEL/],
  ["a setting without value", env("{name: LOG_LEVEL}"), /value: Required/],
  ["a setting as a number", env("{name: A, value: 1}"), /must be of type string/],
  ["a setting from a Secret", env("{name: A, valueFrom: {}}"), /unknown field .*valueFrom/],
  ["a setting twice", env("{name: A, value: a}", "{name: A, value: b}"), /env\[1\]: Duplicate/],
  ["settings as a map", served("server: {env: {A: b}}"), /unknown field "spec.server.env.A"/],
  ["settings as a word", served("server: {env: A=b}"), /server.env: .*must be of type array/],
  [
    "65 settings",
    env(...Array.from({ length: 65 }, (_, index) => `{name: A${index}, value: a}`)),
    /server.env: Too many: 65: must have at most 64 items/,
  ],
];

/** What is passed on to the pods. */
const pods: InvalidSpec[] = [
  ["an unknown field of a pod", pod("hostNetwork: true"), /unknown field "spec.pod.hostNetwork"/],
  ["an annotation of the operator", pod("annotations: {intendant.dev/a: b}"), /are the operator's/],
  ["an annotation with a space", pod("annotations: {'my team': b}"), labelKey],
  ["an annotation with two slashes", pod("annotations: {a/b/c: d}"), labelKey],
  ["an annotation as a number", pod("annotations: {a: 1}"), /annotations.a: .*type string/],
  ["a label with a space", pod("nodeSelector: {my disk: ssd}"), labelKey],
  ["a label of 64 letters", pod(`nodeSelector: {${"a".repeat(64)}: ssd}`), labelKey],
  ["a label with a value of words", pod("nodeSelector: {disk: very fast}"), labelValue],
  ["a label with a hyphen at its end", pod("nodeSelector: {disk: fast-}"), labelValue],
  ["a label without quotes", pod("nodeSelector: {gpu: true}"), /nodeSelector.gpu: .*type string/],
  ["a toleration of nothing", pod("tolerations: [{}]"), /needs operator: Exists/],
  ["a toleration of no key", pod("tolerations: [{key: ''}]"), /tolerations\[0\].key: .*a key is/],
  [
    "a toleration with a value that exists",
    pod("tolerations: [{key: a, operator: Exists, value: b}]"),
    /operator Exists goes without value; remove value/,
  ],
  ["a toleration with In", pod("tolerations: [{key: a, operator: In}]"), /"Equal", "Exists"/],
  ["an effect of its own", pod("tolerations: [{key: a, effect: Never}]"), /"NoSchedule"/],
  [
    "a time for every effect",
    pod("tolerations: [{key: a, operator: Exists, tolerationSeconds: 5}]"),
    /tolerationSeconds belongs to effect: NoExecute/,
  ],
  ["an affinity of nothing", pod("affinity: {}"), /write nodeAffinity, podAffinity or podAnti/],
  ["a priority with a space", pod("priorityClassName: 'very high'"), objectName],
  ["a priority as a number", pod("priorityClassName: 5"), /priorityClassName: .*type string/],
  ["a pull secret as a word", pod("imagePullSecrets: [a]"), /imagePullSecrets\[0\]: .*type object/],
  ["a pull secret of no name", pod("imagePullSecrets: [{name: ''}]"), objectName],
  ["a pull secret twice", pod("imagePullSecrets: [{name: a}, {name: a}]"), /\[1\]: Duplicate/],
];

/** How it is reached from outside. */
const exposures: InvalidSpec[] = [
  ["an exposure of nothing", served("expose: {}"), /expose needs ingress or httpRoute/],
  ["an Ingress without host", ingress("path: /a"), /ingress.host: Required/],
  ["a host as an address", ingress("host: 10.0.0.1"), hostName],
  ["a host with a port", ingress("host: 'a.example:443'"), hostName],
  ["a host with a scheme", ingress("host: 'https://a.example'"), hostName],
  ["a host in capitals", ingress("host: Intent.example"), hostName],
  ["a host with an underscore", ingress("host: my_model.example"), hostName],
  ["a host of stars", ingress("host: '*'"), hostName],
  ["a host with a star inside", ingress("host: 'a.*.example'"), hostName],
  ["a host of nothing", ingress("host: ''"), hostName],
  ["a path without slash", ingress("host: a.example, path: intent"), /not a path; begin with a sl/],
  ["a path with a question", ingress("host: a.example, path: '/a?b'"), /leave out '\/\/'/],
  ["a path up", ingress("host: a.example, path: /a/../b"), /not a path; begin/],
  ["a path with an empty part", ingress("host: a.example, path: //a"), /not a path; begin/],
  ["a hidden slash", ingress("host: a.example, path: /a%2fb"), /not a path; begin/],
  ["a class with a slash", ingress("host: a.example, className: a/b"), objectName],
  ["a certificate with a slash", ingress("host: a.example, tlsSecretName: a/b"), objectName],
  ["annotations with a space", ingress("host: a.example, annotations: {a b: c}"), labelKey],
  [
    "the old annotation of a class",
    ingress("host: a.example, annotations: {kubernetes.io/ingress.class: nginx}"),
    /remove it and write expose.ingress.className/,
  ],
  ["a route without Gateway", route("hostnames: [a.example]"), /parentRefs: Required/],
  ["a route of no Gateway", gateways(), /parentRefs: .*at least 1 items/],
  ["a Gateway without name", gateways("{namespace: a}"), /parentRefs\[0\].name: Required/],
  ["a Gateway with a slash", gateways("{name: a/b}"), objectName],
  ["a namespace with a dot", gateways("{name: a, namespace: a.b}"), /not the name of a namespace/],
  ["a listener of nothing", gateways("{name: a, sectionName: ''}"), objectName],
  ["a Gateway twice", gateways("{name: a}", "{name: a, sectionName: b}"), /write another section/],
  ["a hostname twice", route("parentRefs: [{name: a}], hostnames: [a.b, a.b]"), /\[1\]: Duplicate/],
  ["a hostname with a path", route("parentRefs: [{name: a}], hostnames: [a.b/c]"), hostName],
  ["a route's path without slash", route("parentRefs: [{name: a}], path: a"), /not a path; begin/],
];

/** When a change gets the traffic, what is promised and how it is measured. */
const promises: InvalidSpec[] = [
  ["a gate of its own", served("rollout: {gate: Manual}"), /supported values: "None", "SLO"/],
  ["a gate without promise", served("rollout: {gate: SLO}, benchmark: {}"), /write slo.p95 or/],
  ["a gate without measurement", served("rollout: {gate: SLO}, slo: {p95: 5ms}"), /benchmark: {}/],
  ["a deadline as a number", served("rollout: {deadline: 300}"), /deadline: .*type string/],
  ["a deadline without unit", served("rollout: {deadline: '300'}"), /for example 90s or 5m/],
  ["a deadline in Go's manner", served("rollout: {deadline: 1h30m}"), /for example 90s or 5m/],
  ["a deadline of a second", served("rollout: {deadline: 1s}"), /from 10s to 24h/],
  ["a deadline of two days", served("rollout: {deadline: 48h}"), /from 10s to 24h/],
  ["a deadline of years", served("rollout: {deadline: 9999999s}"), /from 10s to 24h/],
  ["a history below zero", served("rollout: {historyLimit: -1}"), /historyLimit.*equal to 0/],
  ["a history of a hundred", served("rollout: {historyLimit: 100}"), /less than or equal to 10/],
  ["a pause in words", served("paused: 'yes'"), /paused: .*must be of type boolean/],
  ["a promise of nothing", served("slo: {}"), /slo is empty; write p95 or errorRate/],
  ["a latency without unit", served("slo: {p95: '120'}"), /with its unit us, ms or s/],
  ["a latency of nothing", served("slo: {p95: 0.0ms}"), /a number above 0/],
  ["a latency below zero", served("slo: {p95: -5ms}"), /a number above 0/],
  ["a latency in minutes", served("slo: {p95: 1m}"), /with its unit us, ms or s/],
  ["a latency with a comma", served("slo: {p95: '1,5s'}"), /with its unit us, ms or s/],
  ["a latency as a number", served("slo: {p95: 120}"), /must be of type string/],
  ["a latency of an hour", served("slo: {p95: 3600s}"), /write a latency of at most 30s/],
  ["another percentile", served("slo: {p99: 120ms}"), /unknown field "spec.slo.p99"/],
  ["an error rate as a share", served("slo: {errorRate: '0.001'}"), /write a percentage/],
  ["an error rate above 100%", served("slo: {errorRate: 120%}"), /write a percentage/],
  ["an error rate below 0%", served("slo: {errorRate: -1%}"), /write a percentage/],
  ["an error rate as a number", served("slo: {errorRate: 0.1}"), /errorRate: .*type string/],
  ["a ramp for users", served("benchmark: {ramp: 5s}"), /rate and ramp belong to scenario Rate/],
  [
    "a ramp of hours",
    served("benchmark: {scenario: Rate, rate: 5/s, ramp: 61m}"),
    /whole seconds or minutes up to 60m/,
  ],
  ["a warm-up of an hour", served("benchmark: {warmUp: 60m}"), /from 0s to 10m/],
  ["a warm-up without unit", served("benchmark: {warmUp: '5'}"), /from 0s to 10m/],
  ["a search without an SLO", served("benchmark: {scenario: Capacity}"), /write slo.p95/],
  [
    "a search by errors alone",
    served("slo: {errorRate: 1%}, benchmark: {scenario: Capacity}"),
    /write slo.p95/,
  ],
  ["Script without a script", served("benchmark: {scenario: Script}"), /belong together/],
  [
    "a script for users",
    served("benchmark: {script: {configMap: {name: own}}}"),
    /script belong together/,
  ],
  [
    "a script in a folder",
    served("benchmark: {scenario: Script, script: {configMap: {name: own, key: a/b}}}"),
    /only letters, digits/,
  ],
  ["payloads of no ConfigMap", served("benchmark: {payloads: {}}"), /configMap: Required/],
  ["a schedule in words", served("benchmark: {schedule: every night}"), /write five fields/],
  ["a schedule of six fields", served("benchmark: {schedule: 0 0 3 * * *}"), /write five fields/],
  ["a time zone of no schedule", served("benchmark: {timeZone: UTC}"), /belongs to schedule/],
  [
    "a time zone with spaces",
    served("benchmark: {schedule: '@daily', timeZone: Central Europe}"),
    /IANA database/,
  ],
  [
    "a measured target without a search",
    served("autoscaling: {minReplicas: 1, maxReplicas: 2, target: Measured}, benchmark: {}"),
    /write benchmark.scenario: Capacity/,
  ],
  [
    "no headroom",
    served("autoscaling: {minReplicas: 1, maxReplicas: 2, headroom: 0%}"),
    /from 1% to 100%/,
  ],
  ["an unknown scenario", served("benchmark: {scenario: Spike}"), /values: "Users", "Rate"/],
  ["a rate for users", served("benchmark: {rate: 5/s}"), /rate and ramp belong to scenario Rate/],
  [
    "users for a rate",
    served("benchmark: {scenario: Rate, rate: 5/s, users: 3}"),
    /belong to scenario Users/,
  ],
  ["Rate without rate", served("benchmark: {scenario: Rate}"), /for example rate: 50\/s/],
  ["a rate without time", served("benchmark: {scenario: Rate, rate: '50'}"), /whole requests per/],
  ["a rate of nothing", served("benchmark: {scenario: Rate, rate: 0/s}"), /from 1\/s to 99999/],
  ["a rate per minute", served("benchmark: {scenario: Rate, rate: 50/m}"), /whole requests per/],
  ["a duration without unit", served("benchmark: {duration: '60'}"), /whole seconds or minutes/],
  ["a duration of half", served("benchmark: {duration: 0.5m}"), /whole seconds or minutes/],
  ["a duration of a second", served("benchmark: {duration: 1s}"), /from 5s to 60m/],
  ["a duration of a day", served("benchmark: {duration: 1440m}"), /from 5s to 60m/],
  ["no users", served("benchmark: {users: 0}"), /greater than or equal to 1/],
  ["a crowd of users", served("benchmark: {users: 5000}"), /less than or equal to 1000/],
  [
    "a think time upside down",
    served("benchmark: {thinkTime: {min: 5s, max: 1s}}"),
    /thinkTime.min is longer/,
  ],
  ["a think time of one end", served("benchmark: {thinkTime: {min: 5s}}"), /max: Required/],
  ["a think time in minutes", served("benchmark: {thinkTime: {min: 1m, max: 2m}}"), /unit ms or s/],
  [
    "a think time longer than all",
    served("benchmark: {duration: 10s, thinkTime: {min: 1s, max: 11s}}"),
    /make it shorter than duration/,
  ],
];

const captured = (rest: string) => served(`capture: {databaseSecret: {name: db}, ${rest}}`);
const enriched = (rest: string) => captured(`}, enrichment: {model: {bundled: intent-fr}, ${rest}`);
const share = /write a percentage above 0% up to 100%/;
const retention = /write whole hours from 1h to 87600h/;
const idle = (rest: string) => enriched(`idle: {${rest}}`);
const placed = (rest: string) => enriched(`placement: {${rest}}`);

/** What is kept, and what becomes of it. */
const captures: InvalidSpec[] = [
  ["capture into nothing", served("capture: {}"), /capture.databaseSecret: Required/],
  ["a database without name", served("capture: {databaseSecret: {}}"), /name: Required/],
  ["a database with a slash", served("capture: {databaseSecret: {name: ml/db}}"), objectName],
  ["a database in a folder", served("capture: {databaseSecret: {name: db, key: a/b}}"), dataKey],
  ["a CA in a folder", served("capture: {databaseSecret: {name: db, caKey: ..}}"), dataKey],
  ["a CA without name", captured("databaseCASecret: {key: ca.crt}"), /name: Required/],
  ["a CA with a slash", captured("databaseCASecret: {name: ml/ca}"), objectName],
  ["a CA of no key", captured("databaseCASecret: {name: ca, key: ''}"), dataKey],
  [
    "two CAs",
    served("capture: {databaseSecret: {name: db, caKey: a}, databaseCASecret: {name: ca}}"),
    /both say where the CA is; remove one/,
  ],
  ["a sample of nothing", captured("sample: 0%"), share],
  ["a sample of 0.0%", captured("sample: 0.00%"), share],
  ["a sample of more than all", captured("sample: 101%"), share],
  ["a sample as a number", captured("sample: 0.1"), /sample: .*must be of type string/],
  ["a sample without a sign", captured("sample: '10'"), share],
  ["an unknown field", captured("fields: [Header]"), /supported values: "Answer", "Duration"/],
  ["a field twice", captured("fields: [Answer, Answer]"), /fields\[1\]: Duplicate value/],
  ["what nobody redacts", captured("redact: [Names]"), /values: "EmailAddresses", "PhoneNumbers"/],
  ["a retention in days", captured("retention: 30d"), retention],
  ["a retention of minutes", captured("retention: 90m"), retention],
  ["a retention of nothing", captured("retention: 0h"), retention],
  ["a retention of a century", captured("retention: 87601h"), retention],
  [
    "a setting of capture",
    env("{name: CAPTURE_SAMPLE, value: '1'}"),
    /what begins with CAPTURE_; write spec.capture instead/,
  ],
  ["a setting of the database", env("{name: DATABASE_FOLDER, value: /a}"), /DATABASE_FOLDER and/],

  [
    "enrichment of nothing",
    served("enrichment: {model: {bundled: intent-fr}}"),
    /write capture too, or remove enrichment/,
  ],
  [
    "enrichment without a model",
    captured("}, enrichment: {batchSize: 5"),
    /enrichment.model: Required/,
  ],
  [
    "an annotating model of no source",
    captured("}, enrichment: {model: {}"),
    /enrichment.model: .*name exactly one source/,
  ],
  [
    "an annotating model from anywhere",
    captured("}, enrichment: {model: {url: {location: 'https://a.example/m.onnx'}}"),
    /a model from a url needs sha256/,
  ],
  ["an empty batch", enriched("batchSize: 0"), /greater than or equal to 1/],
  ["a batch of all", enriched("batchSize: 100001"), /less than or equal to 100000/],
  ["no worker", enriched("parallelism: 0"), /greater than or equal to 1/],
  ["a crowd of workers", enriched("parallelism: 101"), /less than or equal to 100/],
  ["a negative rate", idle("maxRequestsPerSecond: -1"), /greater than or equal to 0/],
  ["half a request", idle("maxRequestsPerSecond: 0.5"), /must be of type integer/],
  ["a quiet time without unit", idle("for: '300'"), /write whole seconds, minutes or hours/],
  ["a quiet time of a second", idle("for: 1s"), /idle.for is from 10s to 24h/],
  ["a quiet time of two days", idle("for: 48h"), /idle.for is from 10s to 24h/],
  [
    "a worker upside down",
    enriched("resources: {requests: {cpu: 2}, limits: {cpu: 1}}"),
    /limits.cpu is below requests.cpu/,
  ],
  ["a worker of letters", enriched("resources: {requests: {memory: 10}}"), memory],
  ["a node with a space", placed("nodeSelector: {pool: 'a b'}"), labelValue],
  ["a toleration of nothing", placed("tolerations: [{value: a}]"), /needs operator: Exists/],
  ["a priority in capitals", placed("priorityClassName: High"), objectName],
];

/** Every spec that has to be refused. */
export const invalidSpecs: InvalidSpec[] = [
  ...models,
  ...sizes,
  ...servers,
  ...pods,
  ...exposures,
  ...promises,
  ...captures,
];
