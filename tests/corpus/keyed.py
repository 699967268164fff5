"""How text gives a secret its name: the syntaxes of languages, shells, data formats and people."""

NAMES = """password DB_PASSWORD apiKey client_secret access_token passwd pw SECRET_KEY recovery_code backupCode cvv
security_answer SAMLResponse contraseña mot_de_passe motdepasse Passwort kennwort senha wachtwoord hasło lösenord
пароль 密码 パスワード""".split()

# `{name}`, the secret as `§`.
SYNTAXES = {
    "Go": 'var {name} string = "§"',
    "Go, short": '{name} := "§"',
    "Ruby's default": '{name} ||= "§"',
    "Make's default": "{name} ?= §",
    "appended": '{name} += "§"',
    "PHP, appended": "${name} .= '§';",
    "Make": "{name} ::= §",
    "JavaScript's default": '{name} ??= "§"',
    "R": '{name} <- "§"',
    "C": 'char {name}[] = "§";',
    "C, pointer": 'const char *{name} = "§";',
    "Rust": 'let {name}: &str = "§";',
    "TypeScript": 'const {name}: string = "§";',
    "Java": 'private String {name} = "§";',
    "compared": 'if {name} == "§" {{',
    "turned": 'if ("§" == {name}) {{',
    "turned, thrice": "if ('§' === {name})",
    "call": '{name}("§")',
    "method": 'builder.{name}("§")',
    "YAML block": "a: 1\n{name}: |\n  §\nb: 2",
    "YAML block, folded": "{name}: >-\n    §\nb: 2",
    "environment": "A=1\n{name}=§\nB=2",
    "Dockerfile": "ENV {name}=§",
    "option": "run --{name}=§ --verbose",
    "option in a list": "['run', '--{name}', '§']",
    "rows of SQL": "INSERT INTO users (id, {name}, age) VALUES (7, '§', 33)",
    "arguments": "login(user='ann', {name}='§', n=1)",
    "Name and Value": '{{"Name": "{name}", "Value": "§"}}',
    "field and value": '{{"field":"{name}","value":"§"}}',
    "value and field": '{{"value":"§","msg":"Invalid value","param":"{name}"}}',
    "loc and input": '[{{"type":"x","loc":["body","{name}"],"msg":"Too short","input":"§","ctx":{{"n":8}}}}]',
    "pydantic": "1 error\n{name}\n  Too short [type=string_too_short, input_value='§', input_type=str]",
    "Kubernetes": '- name: {name}\n  value: "§"',
    "prose": "the {name} is §",
    "prose, of somebody": "the {name} for ann is §, keep it",
    "prose, changed": "your {name} was changed to §.",
    "XML": "<{name}>§</{name}>",
}
OF_A_PASSWORD = {
    "mysql": "mysql -u root -p§ shop",
    "sshpass": "sshpass -p § ssh ann@host",
    "curl": "curl -u ann:§ https://shop.example.test/",
    "option": "backup --password § shop",
    "flat headers": '["Host","x","X-Auth-Token","§","Accept","*/*"]',
    "login": "login with password § failed",
}
