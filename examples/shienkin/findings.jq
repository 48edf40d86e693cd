select(.type == "RECORD").record | .["申請番号"] as $no | .["照合結果"][]
| select(.["重大度"] == "NG" or .["重大度"] == "注意") | "\($no),\(.["照合"])"
