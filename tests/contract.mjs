// Every call of the official JavaScript client about records, against the
// server at URL.  contract.mjs CLIENT-DIR URL: lines of TAP.  Apps 21 and 22 of
// tests/data/cloud, the token "all".
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const [dir, baseUrl] = process.argv.slice(2);
const { KintoneRestAPIClient } = createRequire(dir + "/")(
  "@kintone/rest-api-client"
);
const client = (auth) => new KintoneRestAPIClient({ baseUrl, auth });
const c = client({ apiToken: ["all"] });
const r = c.record;
const app = 21;
const rec = (key, more = {}) => ({ key: { value: key }, ...more });
const num = (n) => ({ num: { value: n } });
const refused = (promise, code) =>
  assert.rejects(promise, (e) => {
    assert.equal(e.name, "KintoneRestAPIError");
    assert.equal(e.code, code);
    return true;
  });

const tests = {
  async addRecord() {
    assert.deepEqual(await r.addRecord({ app, record: rec("a", num(5)) }), {
      id: "1",
      revision: "1",
    });
    await refused(r.addRecord({ app, record: rec("a") }), "CB_VA01");
  },
  async addRecords() {
    const got = await r.addRecords({ app, records: [rec("b"), rec("c")] });
    assert.deepEqual(got.ids, ["2", "3"]);
    assert.deepEqual(got.revisions, ["1", "1"]);
  },
  async getRecord() {
    const { record } = await r.getRecord({ app, id: 1 });
    assert.deepEqual(record.num, { type: "NUMBER", value: "5" });
    await refused(r.getRecord({ app, id: 99 }), "GAIA_RE01");
  },
  async getRecords() {
    const got = await r.getRecords({
      app,
      fields: ["key"],
      query: "order by $id asc",
      totalCount: true,
    });
    assert.equal(got.totalCount, "3");
    assert.deepEqual(got.records.map((x) => x.key.value), ["a", "b", "c"]);
    await refused(r.getRecords({ app, query: "limit 501" }), "GAIA_QU01");
  },
  async updateRecord() {
    const updateKey = { field: "key", value: "a" };
    assert.deepEqual(await r.updateRecord({ app, id: 1, record: num(6) }), {
      revision: "2",
    });
    assert.deepEqual(await r.updateRecord({ app, updateKey, record: num(7) }), {
      revision: "3",
    });
    await refused(
      r.updateRecord({ app, id: 1, revision: 1, record: num(8) }),
      "GAIA_CO02"
    );
  },
  async upsertRecord() {
    const up = (value) =>
      r.upsertRecord({ app, updateKey: { field: "key", value }, record: num(1) });
    assert.deepEqual(await up("a"), { id: "1", revision: "4" });
    assert.deepEqual(await up("d"), { id: "4", revision: "1" });
  },
  async updateRecords() {
    const got = await r.updateRecords({
      app,
      upsert: true,
      records: [
        { updateKey: { field: "key", value: "e" }, record: num(1) },
        { id: 2, record: num(2) },
      ],
    });
    assert.deepEqual(got.records, [
      { id: "5", revision: "1", operation: "INSERT" },
      { id: "2", revision: "2", operation: "UPDATE" },
    ]);
  },
  async deleteRecords() {
    assert.deepEqual(await r.deleteRecords({ app, ids: [5], revisions: [1] }), {});
    await refused(r.deleteRecords({ app, ids: [5] }), "GAIA_RE01");
  },
  async cursor() {
    const { id, totalCount } = await r.createCursor({ app, size: 3 });
    assert.equal(totalCount, "4");
    assert.equal((await r.getRecordsByCursor({ id })).next, true);
    await r.deleteCursor({ id });
    await refused(r.getRecordsByCursor({ id }), "GAIA_CN01");
  },
  async addAllRecords() {
    const records = [...Array(250).keys()].map((i) => rec(`all${i}`, num(i)));
    assert.equal((await r.addAllRecords({ app, records })).records.length, 250);
  },
  async getAllRecords() {
    const condition = "num >= 100";
    for (const all of [
      await r.getAllRecords({ app, condition }),
      await r.getAllRecords({ app, condition, orderBy: "num desc" }),
      await r.getAllRecords({ app, condition, orderBy: "num", withCursor: false }),
      await r.getAllRecordsWithId({ app, condition }),
      await r.getAllRecordsWithOffset({ app, condition }),
      await r.getAllRecordsWithCursor({ app, query: condition }),
    ])
      assert.equal(all.length, 150);
  },
  async updateAllRecords() {
    const all = await r.getAllRecordsWithId({ app, condition: "num >= 100" });
    const records = all.map((x) => ({ id: x.$id.value, record: num(500) }));
    const got = await r.updateAllRecords({ app, records });
    assert.equal(got.records.length, 150);
    assert.equal(
      (await r.getRecords({ app, query: "num = 500", totalCount: true }))
        .totalCount,
      "150"
    );
  },
  async deleteAllRecords() {
    const all = await r.getAllRecordsWithId({ app, condition: "num = 500" });
    await r.deleteAllRecords({
      app,
      records: all.map((x) => ({ id: x.$id.value, revision: 2 })),
    });
    assert.equal((await r.getRecords({ app, query: "num = 500" })).records.length, 0);
  },
  async comments() {
    const { id } = await r.addRecordComment({
      app,
      record: 1,
      comment: { text: "見た", mentions: [{ code: "hana", type: "USER" }] },
    });
    const got = await r.getRecordComments({ app, record: 1, order: "asc" });
    assert.equal(got.comments[0].text, "見た");
    await r.deleteRecordComment({ app, record: 1, comment: id });
    await refused(
      r.deleteRecordComment({ app, record: 1, comment: id }),
      "GAIA_RE02"
    );
  },
  async status() {
    const action = "回す";
    assert.equal(
      (await r.updateRecordStatus({ app, id: 1, action })).revision,
      "6"
    );
    const got = await r.updateRecordsStatus({ app, records: [{ id: 2, action }] });
    assert.equal(got.records[0].revision, "4");
    await r.updateRecordAssignees({ app, id: 1, assignees: ["taro"] });
    await refused(r.updateRecordStatus({ app, id: 1, action }), "GAIA_IL03");
  },
  async bulkRequest() {
    const request = (payload) => ({
      method: "PUT",
      endpointName: "record",
      payload,
    });
    const got = await c.bulkRequest({
      requests: [request({ app, id: 3, record: num(1) })],
    });
    assert.equal(got.results.length, 1);
    await assert.rejects(
      c.bulkRequest({
        requests: [
          request({ app, id: 3, record: num(2) }),
          request({ app, id: 999, record: num(2) }),
        ],
      }),
      (e) => e.code === "GAIA_RE01" && e.bulkRequestIndex === 1
    );
    assert.equal((await r.getRecord({ app, id: 3 })).record.num.value, "1");
  },
  async file() {
    const data = "内容\n".repeat(1000);
    const { fileKey } = await c.file.uploadFile({
      file: { name: "控え.txt", data },
    });
    await r.updateRecord({ app, id: 1, record: { file: { value: [{ fileKey }] } } });
    const [f] = (await r.getRecord({ app, id: 1 })).record.file.value;
    assert.equal(f.name, "控え.txt");
    const got = await c.file.downloadFile({ fileKey: f.fileKey });
    assert.equal(Buffer.from(got).toString(), data);
    // The client reads every answer of this call as bytes: no code.
    await assert.rejects(
      c.file.downloadFile({ fileKey }),
      (e) => e.status === 404
    );
  },
  async app() {
    assert.equal((await c.app.getApp({ id: app })).code, "T");
    assert.ok((await c.app.getFormFields({ app })).properties.key);
    assert.ok((await c.app.getFormLayout({ app })).layout.length > 0);
    assert.equal((await c.app.getProcessManagement({ app })).enable, true);
    assert.deepEqual((await c.app.getViews({ app })).views, {});
    const password = client({ username: "hana", password: "himitsu" });
    assert.equal((await password.app.getApps({})).apps.length, 2);
    await refused(c.app.getApps({}), "GAIA_NO01");
    await refused(
      client({ username: "hana", password: "no" }).app.getApps({}),
      "CB_WA01"
    );
  },
};

Object.assign(tests, {
  async calculated() {
    const { id } = await r.addRecord({
      app,
      record: rec("calc", { ...num(21), calc: { value: "1" } }),
    });
    const { record } = await r.getRecord({ app, id });
    assert.deepEqual(record.calc, { type: "CALC", value: "42" });
    assert.equal(record.auto.value, "calc!");
    await r.updateRecord({ app, id, record: num("0.25") });
    assert.equal((await r.getRecord({ app, id })).record.calc.value, "0.5");
  },
  async related() {
    const { id } = await r.addRecord({
      app,
      record: rec("related", { code: { value: "A-7" } }),
    });
    const ask = async (query) =>
      (await r.getRecords({ app, query })).records.map((x) => x.$id.value);
    assert.deepEqual(await ask('list.name in ("棚")'), [id]);
    assert.deepEqual(await ask('list.price > 100 and key = "related"'), []);
    await refused(ask('list.name = "棚"'), "GAIA_IQ07");
    await refused(ask('key.name in ("棚")'), "GAIA_IR02");
    assert.deepEqual(
      await ask(`org in (PRIMARY_ORGANIZATION()) and $id = ${id}`),
      [id]
    );
  },
  async preview() {
    const same = async (call) =>
      assert.deepEqual(await call({ app, preview: true }), await call({ app }));
    await same((p) => c.app.getFormFields(p));
    await same((p) => c.app.getFormLayout(p));
    await same((p) => c.app.getViews(p));
    await same((p) => c.app.getProcessManagement(p));
    await same((p) => c.app.getAppSettings(p));
  },
  async rights() {
    const { rights } = await c.app.evaluateRecordsAcl({ app, ids: [1, 2] });
    assert.deepEqual(rights.map((x) => x.id), ["1", "2"]);
    assert.equal(rights[0].record.editable, true);
    assert.equal(rights[0].fields.key.viewable, true);
    const settings = await c.app.getAppSettings({ app });
    assert.equal(settings.numberPrecision.roundingMode, "HALF_EVEN");
  },
});

let n = 0;
console.log(`1..${Object.keys(tests).length}`);
for (const [name, fn] of Object.entries(tests)) {
  n++;
  try {
    await fn();
    console.log(`ok ${n} ${name}`);
  } catch (e) {
    console.log(`not ok ${n} ${name}`);
    console.log(String(e.stack).replace(/^/gm, "# "));
    process.exitCode = 1;
  }
}
