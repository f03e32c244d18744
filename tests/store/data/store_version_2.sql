BEGIN TRANSACTION;
CREATE TABLE content (
	sha256 TEXT NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	first_run_id INTEGER NOT NULL, 
	work_key TEXT NOT NULL, 
	PRIMARY KEY (sha256), 
	FOREIGN KEY(first_run_id) REFERENCES run (run_id), 
	FOREIGN KEY(work_key) REFERENCES result (work_key)
);
INSERT INTO "content" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',7,1,'3333333333333333333333333333333333333333333333333333333333333333');
INSERT INTO "content" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',8,1,'2222222222222222222222222222222222222222222222222222222222222222');
CREATE TABLE fact (
	fact_id INTEGER NOT NULL, 
	patient_id TEXT NOT NULL, 
	slot_key TEXT NOT NULL, 
	fact_key TEXT NOT NULL, 
	body TEXT NOT NULL, 
	run_id INTEGER, 
	file TEXT NOT NULL, 
	added_in INTEGER NOT NULL, 
	withdrawn_in INTEGER, 
	PRIMARY KEY (fact_id), 
	FOREIGN KEY(run_id) REFERENCES run (run_id)
);
INSERT INTO "fact" VALUES(1,'0012','65c56348a4f1653543797850071465086caa6dcaf3a40e5ae20e00def94c358b','788cfbfda318143b41b6bb1c0bd2d2231d3fc1566f0ff61aa4dca53a9548cc41','{"date": "2020-01-02", "fact": "fragility_fracture", "file": "/in/subjects.csv", "issuer": "HOSP", "line": 2, "patient_id": "0012", "source": null, "value": "hip"}',1,'/in/subjects.csv',1,NULL);
INSERT INTO "fact" VALUES(2,'0012','04de8b92ea80404d3b2ef191f3c1e098adaa950678595fff2001a676f1d149a0','63c10e571a1457dbecfe613b0e9f574ef960ae18fe50066fd7ba614fae36fedf','{"date": "2026-01-01", "fact": "menopausal_status", "file": "/in/subjects.csv", "issuer": "HOSP", "line": 2, "patient_id": "0012", "source": null, "value": "postmenopausal"}',1,'/in/subjects.csv',1,2);
INSERT INTO "fact" VALUES(3,'0012','04de8b92ea80404d3b2ef191f3c1e098adaa950678595fff2001a676f1d149a0','26048b55c52bc664376367173c9a3a16d79355716dd2543c4438aaac3ea0b1d9','{"date": "2026-01-01", "fact": "menopausal_status", "file": "/in/subjects.csv", "issuer": "HOSP", "line": 2, "patient_id": "0012", "source": null, "value": "transition"}',2,'/in/subjects.csv',2,NULL);
CREATE TABLE location (
	root TEXT NOT NULL, 
	file TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	run_id INTEGER NOT NULL, 
	PRIMARY KEY (root, file), 
	FOREIGN KEY(run_id) REFERENCES run (run_id)
);
INSERT INTO "location" VALUES('/in','a.dcm','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1);
INSERT INTO "location" VALUES('/in','b.dcm','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1);
INSERT INTO "location" VALUES('/in','copy of b.dcm','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','2');
CREATE TABLE picture (
	work_key TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	about TEXT NOT NULL, 
	png BLOB NOT NULL, 
	PRIMARY KEY (work_key, number), 
	FOREIGN KEY(work_key) REFERENCES result (work_key)
);
INSERT INTO "picture" VALUES('1111111111111111111111111111111111111111111111111111111111111111',0,'{"height_mm": null, "height_px": 3, "kind": "dxa", "overlays": [], "png": "", "site": "L1-L4", "top_mm": null, "width_mm": null, "width_px": 2}',X'89504E47');
INSERT INTO "picture" VALUES('2222222222222222222222222222222222222222222222222222222222222222',0,'{"height_mm": null, "height_px": 3, "kind": "dxa", "overlays": [], "png": "", "site": "L1-L4", "top_mm": null, "width_mm": null, "width_px": 2}',X'89504E47');
INSERT INTO "picture" VALUES('3333333333333333333333333333333333333333333333333333333333333333',0,'{"height_mm": null, "height_px": 3, "kind": "dxa", "overlays": [], "png": "", "site": "L1-L4", "top_mm": null, "width_mm": null, "width_px": 2}',X'89504E47');
CREATE TABLE result (
	work_key TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	run_id INTEGER NOT NULL, 
	outcome TEXT NOT NULL, 
	outcome_sha256 TEXT NOT NULL, 
	PRIMARY KEY (work_key), 
	FOREIGN KEY(run_id) REFERENCES run (run_id)
);
INSERT INTO "result" VALUES('1111111111111111111111111111111111111111111111111111111111111111','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'{"carrier": "hologic-private", "code": "", "details": [], "device": {"maker": "hologic", "manufacturer": "HOLOGIC", "model": null, "serial": "S1", "software_version": null}, "exam": {"accession_number": null, "exam_date": "2026-05-04", "exam_id": null, "exam_time": null, "indication": null, "operator": null, "series_uid": null, "simulated": true, "sop_instance_uid": "1.2.3", "study_uid": null}, "format_name": "dicom", "hint": "", "kind": "reported", "measurements": [{"area_cm2": null, "bmc_g": null, "bmd_g_cm2": 0.93, "bmd_u_g_cm2": null, "depth_mm": null, "flags": [], "fragility_score": null, "model_id": null, "origin": "reported", "osteoporosis_score_percent": null, "reported_reference": null, "reported_t_score": null, "reported_z_score": null, "scale": null, "scores_allowed": true, "site": "L1-L4", "spectra_total": null, "spectra_valid": null, "technique": "DXA", "vertebrae_used": []}], "parts": [], "pictures": [], "problems": [], "readings": [], "reason": "", "site": "L1-L4", "subject": {"birth_date": "1960-02-29", "ethnicity": null, "gestation_days": null, "height_cm": null, "issuer": "HOSP", "menopausal_status": null, "name": null, "patient_id": "0012", "postpartum_days": null, "pregnancy_status_code": null, "prepregnancy_weight_kg": null, "sex": "F", "stated_age_years": null, "weight_kg": null}}','d85d72093c0a11398f5c2c9c8c5a816132dffce1e4a3e65f48d881cdeea5c266');
INSERT INTO "result" VALUES('2222222222222222222222222222222222222222222222222222222222222222','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'{"carrier": "hologic-private", "code": "", "details": [], "device": {"maker": "hologic", "manufacturer": "HOLOGIC", "model": null, "serial": "S1", "software_version": null}, "exam": {"accession_number": null, "exam_date": "2026-05-04", "exam_id": null, "exam_time": null, "indication": null, "operator": null, "series_uid": null, "simulated": true, "sop_instance_uid": "1.2.4", "study_uid": null}, "format_name": "dicom", "hint": "", "kind": "reported", "measurements": [{"area_cm2": null, "bmc_g": null, "bmd_g_cm2": 0.81, "bmd_u_g_cm2": null, "depth_mm": null, "flags": [], "fragility_score": null, "model_id": null, "origin": "reported", "osteoporosis_score_percent": null, "reported_reference": null, "reported_t_score": null, "reported_z_score": null, "scale": null, "scores_allowed": true, "site": "L1-L4", "spectra_total": null, "spectra_valid": null, "technique": "DXA", "vertebrae_used": []}], "parts": [], "pictures": [], "problems": [], "readings": [], "reason": "", "site": "L1-L4", "subject": {"birth_date": "1960-02-29", "ethnicity": null, "gestation_days": null, "height_cm": null, "issuer": "HOSP", "menopausal_status": null, "name": null, "patient_id": "0013", "postpartum_days": null, "pregnancy_status_code": null, "prepregnancy_weight_kg": null, "sex": "F", "stated_age_years": null, "weight_kg": null}}','23e0b76f7a7a6f8df981a09faf1b38ebe778d896f4f008d7f97008b0a1216924');
INSERT INTO "result" VALUES('3333333333333333333333333333333333333333333333333333333333333333','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',2,'{"carrier": "hologic-private", "code": "", "details": [], "device": {"maker": "hologic", "manufacturer": "HOLOGIC", "model": null, "serial": "S1", "software_version": null}, "exam": {"accession_number": null, "exam_date": "2026-05-04", "exam_id": null, "exam_time": null, "indication": null, "operator": null, "series_uid": null, "simulated": true, "sop_instance_uid": "1.2.3", "study_uid": null}, "format_name": "dicom", "hint": "", "kind": "reported", "measurements": [{"area_cm2": null, "bmc_g": null, "bmd_g_cm2": 0.935, "bmd_u_g_cm2": null, "depth_mm": null, "flags": [], "fragility_score": null, "model_id": null, "origin": "reported", "osteoporosis_score_percent": null, "reported_reference": null, "reported_t_score": null, "reported_z_score": null, "scale": null, "scores_allowed": true, "site": "L1-L4", "spectra_total": null, "spectra_valid": null, "technique": "DXA", "vertebrae_used": []}], "parts": [], "pictures": [], "problems": [], "readings": [], "reason": "", "site": "L1-L4", "subject": {"birth_date": "1960-02-29", "ethnicity": null, "gestation_days": null, "height_cm": null, "issuer": "HOSP", "menopausal_status": null, "name": null, "patient_id": "0012", "postpartum_days": null, "pregnancy_status_code": null, "prepregnancy_weight_kg": null, "sex": "F", "stated_age_years": null, "weight_kg": null}}','1d68c622f3f6691649eccf616d5b74fdfa3e577895d33497122169ea094ae95b');
CREATE TABLE run (
	run_id INTEGER NOT NULL, 
	started_at TEXT NOT NULL, 
	finished_at TEXT, 
	version TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	PRIMARY KEY (run_id)
);
INSERT INTO "run" VALUES(1,'2026-11-22T05:20:13+00:00','2026-11-22T05:20:13+00:00','0.1.0','{}');
INSERT INTO "run" VALUES(2,'2026-11-22T05:20:13+00:00','2026-11-22T05:20:13+00:00','0.1.0','{"second": true}');
CREATE INDEX ix_result_sha256 ON result (sha256);
CREATE INDEX location_by_content ON location (sha256);
CREATE INDEX ix_fact_slot_key ON fact (slot_key);
CREATE INDEX ix_fact_patient_id ON fact (patient_id);
COMMIT;
