using System.Text;
using System.Text.Json;
using CsCheck;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;

namespace Core.Tests.Releases.Evidence;

public sealed class ReportReaderTests
{
    [Theory]
    [InlineData("SARIF", """{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy","rules":[{"id":"CVE-2026-1001","properties":{"security-severity":"9.8"}}]}},"results":[{"ruleId":"CVE-2026-1001","level":"error","message":{"text":"Package: openssl\nInstalled Version: 3.0.1\nVulnerability CVE-2026-1001\nSeverity: CRITICAL\nFixed Version: 3.0.2\nLink: x"}}]}]}""")]
    [InlineData("Trivy", """{"SchemaVersion":2,"Results":[{"Target":"x","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1001","PkgName":"openssl","InstalledVersion":"3.0.1","FixedVersion":"3.0.2","Severity":"CRITICAL"}]},{"Target":"y"}]}""")]
    [InlineData("Grype", """{"matches":[{"vulnerability":{"id":"CVE-2026-1001","severity":"Critical","fix":{"versions":["3.0.2"],"state":"fixed"}},"artifact":{"name":"openssl","version":"3.0.1"}}]}""")]
    [InlineData("SARIF", """{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"grype","rules":[{"id":"CVE-2026-1001-openssl","help":{"text":"Vulnerability CVE-2026-1001\nSeverity: critical\nPackage: openssl\nVersion: 3.0.1\nFix Version: 3.0.2\nType: deb"},"properties":{"security-severity":"9.8"}}]}},"results":[{"ruleId":"CVE-2026-1001-openssl","message":{"text":"A critical vulnerability in deb package: openssl, version 3.0.1 was found at: /var/lib/dpkg/status"}}]}]}""")]
    [InlineData("SARIF", """{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"docker scout","rules":[{"id":"CVE-2026-1001","properties":{"security-severity":"9.8"}}]}},"results":[{"ruleId":"CVE-2026-1001","ruleIndex":0,"kind":"fail","message":{"text":"  Vulnerability   : CVE-2026-1001   \n  Severity        : CRITICAL   \n  Package         : pkg:deb/debian/openssl@3.0.1?os_distro=bookworm&os_version=12  \n  Affected range  : <3.0.2   \n  Fixed version   : 3.0.2   \n"}}]}]}""")]
    [InlineData("SARIF", """{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy","rules":[{"id":"[CRITICAL] CVE-2026-1001","help":{"text":"Vulnerability CVE-2026-1001\nSeverity: CRITICAL\nPackage: openssl\nInstalled Version: 3.0.1\nFixed Version: 3.0.2\nLink: x"},"properties":{"security-severity":"9.8"}}]}},"results":[{"ruleId":"[CRITICAL] CVE-2026-1001","level":"error","message":{"text":"x"}}]}]}""")]
    [InlineData("CycloneDX VEX", """{"bomFormat":"CycloneDX","components":[{"bom-ref":"r","name":"openssl","version":"3.0.1"}],"vulnerabilities":[{"id":"CVE-2026-1001","ratings":[{"severity":"critical"}],"recommendation":"Upgrade openssl to version 3.0.2; Upgrade libssl to version 3.0.2-1","affects":[{"ref":"r","versions":[{"version":"3.0.1","status":"affected"}]}]}]}""")]
    [InlineData("CycloneDX VEX", """{"bomFormat":"CycloneDX","components":[{"bom-ref":"r","name":"openssl","version":"3.0.1"}],"vulnerabilities":[{"id":"CVE-2026-1001","ratings":[{"severity":"critical"}],"affects":[{"ref":"r","versions":[{"version":"3.0.1","status":"affected"},{"version":"3.0.2","status":"unaffected"}]}]}]}""")]
    public void A_finding_is_the_same_in_every_scanner_s_words(string form, string document)
    {
        var report = Read(document)!;
        Assert.Equal(form, report.Form);
        Assert.Equal([new Finding("CVE-2026-1001", FindingSeverity.Critical, "openssl", "3.0.1", "3.0.2")], report.Findings);
    }

    [Theory]
    [InlineData("a byte order mark", "\uFEFF{\"SchemaVersion\":2,\"Results\":[{\"Vulnerabilities\":[{\"VulnerabilityID\":\"CVE-1\",\"Severity\":\"HIGH\"}]}]}")]
    [InlineData("a rule by its index", """{"runs":[{"tool":{"driver":{"rules":[{"id":"CVE-1","properties":{"security-severity":"8"}}]}},"results":[{"ruleIndex":0,"message":{"text":""}}]}]}""")]
    [InlineData("no rules", """{"runs":[{"results":[{"ruleId":"CVE-1","level":"error"}]}]}""")]
    [InlineData("a suppression that was refused", """{"runs":[{"results":[{"ruleId":"CVE-1","level":"error","suppressions":[{"kind":"external","status":"rejected"}]}]}]}""")]
    [InlineData("cosign's attestation of a scan", """{"_type":"https://in-toto.io/Statement/v0.1","predicate":{"scanner":{"result":{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-1","Severity":"HIGH"}]}]}}}}""")]
    [InlineData("what Grype was told to ignore", """{"matches":[{"vulnerability":{"id":"CVE-1","severity":"High"}}],"ignoredMatches":[{"vulnerability":{"id":"CVE-2","severity":"Critical"}}]}""")]
    [InlineData("a score without a word", """{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-1","ratings":[{"score":7.5}],"analysis":{"state":"in_triage"}}]}""")]
    public void One_finding_is_read_of(string what, string document) =>
        Assert.Equal(new Finding("CVE-1", FindingSeverity.High), Assert.Single(Read(document)!.Findings) is var found ? found : throw new InvalidOperationException(what));

    [Theory]
    [InlineData("""{"runs":[]}""")]
    [InlineData("""{"runs":[{"tool":{}}]}""")]
    [InlineData("""{"runs":[{"results":null}]}""")]
    [InlineData("""{"runs":[{"results":[],"invocations":[{"executionSuccessful":false}]}]}""")]
    public void A_scan_that_came_to_no_result_is_no_report(string document) => Assert.Null(Read(document));

    [Fact]
    public void An_advisory_is_known_by_its_vulnerability_s_name_too()
    {
        var finding = Assert.Single(Read("""{"matches":[{"vulnerability":{"id":"GHSA-1","severity":"High"},"relatedVulnerabilities":[{"id":"CVE-1"}],"artifact":{"name":"a","version":"1"}}]}""")!.Findings);
        Assert.Equal((true, true, false), (finding.Is("GHSA-1".Equals), finding.Is("CVE-1".Equals), finding.Is("CVE-2".Equals)));
    }

    [Theory]
    [InlineData("9.0", null, FindingSeverity.Critical)]
    [InlineData("7.0", "note", FindingSeverity.High)]
    [InlineData("6.9", "error", FindingSeverity.Medium)]
    [InlineData("0.1", "error", FindingSeverity.Low)]
    [InlineData(null, "error", FindingSeverity.High)]
    [InlineData(null, "warning", FindingSeverity.Medium)]
    [InlineData(null, null, FindingSeverity.Medium)]
    [InlineData(null, "note", FindingSeverity.Low)]
    public void A_sarif_s_score_counts_before_its_level(string? score, string? level, FindingSeverity severity)
    {
        var properties = score is null ? new() : new Dictionary<string, object> { ["security-severity"] = score };
        var result = new Dictionary<string, object> { ["ruleId"] = "X", ["message"] = new { text = "" } };
        if (level is not null)
            result["level"] = level;
        var report = Read(JsonSerializer.Serialize(new { runs = new[] { new { tool = new { driver = new { rules = new[] { new { id = "X", properties } } } }, results = new[] { result } } } }))!;
        Assert.Equal(severity, Assert.Single(report.Findings).Severity);
    }

    [Fact]
    public void What_a_sarif_suppresses_or_passes_is_no_finding() => Assert.Empty(Read(
        """{"runs":[{"results":[{"ruleId":"A","kind":"pass"},{"ruleId":"B","suppressions":[{"kind":"external"}]},{"message":{"text":"no rule"}}]}]}""")!.Findings);

    [Fact]
    public void Another_name_of_a_vulnerability_is_heard_where_a_scanner_says_it()
    {
        var sarif = Read("""{"runs":[{"tool":{"driver":{"name":"osv-scanner","rules":[{"id":"GHSA-aaaa-bbbb-cccc","deprecatedIds":["GHSA-aaaa-bbbb-cccc","CVE-2026-1001"]}]}},"results":[{"ruleId":"GHSA-aaaa-bbbb-cccc"}]}]}""")!;
        Assert.Equal("CVE-2026-1001", Assert.Single(sarif.Findings).Alias);
        var vex = Read("""{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"GHSA-aaaa-bbbb-cccc","aliases":["CVE-2026-1001"]},"status":"fixed"}]}""")!;
        Assert.Equal(["GHSA-aaaa-bbbb-cccc", "CVE-2026-1001"], vex.NotAffected);
    }

    [Fact]
    public void What_has_no_mended_version_says_none() => Assert.Null(Assert.Single(Read(
        """{"runs":[{"tool":{"driver":{}},"results":[{"ruleId":"CVE-2026-1001","message":{"text":"  Package         : pkg:apk/alpine/openssl@3.0.1  \n  Fixed version   : not fixed  "}}]}]}""")!.Findings).FixedIn);

    [Fact]
    public void A_vex_says_what_does_not_matter_here()
    {
        var report = Read("""{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-1","ratings":[{"severity":"critical"}],"analysis":{"state":"not_affected"}},{"id":"CVE-2","ratings":[{"severity":"high"},{"severity":"low"}],"analysis":{"state":"exploitable"}}]}""")!;
        Assert.Equal(["CVE-1"], report.NotAffected);
        Assert.Equal([new Finding("CVE-2", FindingSeverity.High)], report.Findings);
    }

    [Fact]
    public void A_vex_of_a_bom_names_the_packages_it_is_about_also_those_inside_others() => Assert.Equal(
        [new Finding("CVE-1", FindingSeverity.High, "zlib", "1.3")],
        Read("""{"bomFormat":"CycloneDX","components":[{"name":"app","components":[{"bom-ref":"z","name":"zlib","version":"1.3"}]}],"vulnerabilities":[{"id":"CVE-1","ratings":[{"severity":"high"}],"affects":[{"ref":"z"},{"ref":"?"}]}]}""")!.Findings);

    [Theory]
    [InlineData("""{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-1"},"status":"not_affected"},{"vulnerability":{"name":"CVE-2"},"status":"under_investigation"}]}""", false)]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-1","analysis":{"state":"not_affected"}},{"id":"CVE-2","analysis":{"state":"in_triage"}}]}""", false)]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-1","analysis":{"state":"not_affected"}},{"id":"CVE-2"}]}""", true)]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":[]}""", true)]
    public void What_only_says_something_of_known_vulnerabilities_is_no_scan(string document, bool isScan)
    {
        var report = Read(document)!;
        Assert.Equal(isScan, report.IsScan);
        Assert.Equal(report.Findings.Count == 0 ? [] : ["CVE-1"], report.NotAffected);
    }

    [Theory]
    [InlineData("""{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"CreationInfo"},{"type":"software_Package","name":"musl","software_packageVersion":"1.2.5"},{"type":"software_File","name":"a"}]}""", "SPDX 3")]
    [InlineData("\uFEFF{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"musl\",\"version\":\"1.2.5\"}]}", "CycloneDX")]
    [InlineData("""{"spdxVersion":"SPDX-2.3","packages":[{"name":"musl","versionInfo":"1.2.5"}]}""", "SPDX")]
    [InlineData("""{"bomFormat":"CycloneDX","components":[{"name":"musl","version":"1.2.5"}]}""", "CycloneDX")]
    [InlineData("""{"_type":"https://in-toto.io/Statement/v0.1","predicate":{"spdxVersion":"SPDX-2.3","packages":[{"name":"musl","versionInfo":"1.2.5"}]}}""", "SPDX")]
    public void An_sbom_names_its_packages(string document, string form)
    {
        var sbom = SbomReader.Read(Encoding.UTF8.GetBytes(document), "sha256:1")!;
        Assert.Equal((form, new FoundPackage("musl", "1.2.5")), (sbom.Form, Assert.Single(sbom.Packages)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("""{"spdxVersion":"SPDX-2.3","packages":[]}""")]
    [InlineData("""{"bomFormat":"CycloneDX"}""")]
    public void Anything_else_is_neither(string document)
    {
        Assert.Null(Read(document));
        Assert.Null(SbomReader.Read(Encoding.UTF8.GetBytes(document), "sha256:1"));
    }

    [Theory]
    [InlineData("openssl", true)]
    [InlineData("OpenSSL@3.0.1", true)]
    [InlineData("openssl@3.0.2", false)]
    [InlineData("pkg:deb/debian/openssl@3.0.1?arch=arm64", true)]
    [InlineData("pkg:deb/debian/openssl", true)]
    [InlineData("pkg:generic/openssl@9", false)]
    [InlineData("@angular/core@19.0.0", true)]
    [InlineData("pkg:npm/%40angular/core@19.0.0", true)]
    [InlineData("pkg:maven/org.apache/log4j@2.0", true)]
    [InlineData("pkg:", false)]
    [InlineData("@", false)]
    public void A_package_is_asked_for_by_name_or_by_package_url(string asked, bool found)
    {
        FoundPackage[] packages = [new("openssl", "3.0.1"), new("@angular/core", "19.0.0"), new("org.apache:log4j", "2.0")];
        Assert.Equal(found, new ReleaseContents([], packages).Concerns(null, asked) is not null);
    }

    [Fact]
    public void Damaged_reports_are_read_or_no_json_and_nothing_else() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2000], Gen.Byte).Sample((which, at, value) =>
        {
            var bytes = Encoding.UTF8.GetBytes(Documents[which]);
            bytes[at % bytes.Length] = value;
            try
            {
                ReportReader.Read(bytes, "sha256:1");
                SbomReader.Read(bytes, "sha256:1");
            }
            catch (JsonException)
            {
                // The caller's to tell.
            }
        }, iter: 2000);

    private static readonly string[] Documents =
    [
        """{"runs":[{"tool":{"driver":{"rules":[{"id":"X","properties":{"security-severity":"9.8"}}]}},"results":[{"ruleId":"X","message":{"text":"Package: a"}}]}]}""",
        """{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1","PkgName":"openssl","Severity":"CRITICAL"}]}]}""",
        """{"matches":[{"vulnerability":{"id":"CVE-2026-1","severity":"Critical","fix":{"versions":["3.0.2"]}},"artifact":{"name":"openssl"}}]}""",
        """{"bomFormat":"CycloneDX","components":[{"name":"a"}],"vulnerabilities":[{"id":"CVE-1","ratings":[{"severity":"critical"}],"analysis":{"state":"not_affected"}}]}""",
    ];

    [Theory]
    [InlineData("{\"runs\":[", "{}", "]}")]
    [InlineData("{\"runs\":[{\"results\":[", "[]", "]}]}")]
    [InlineData("{\"bomFormat\":\"CycloneDX\",\"components\":[", "{}", "]}")]
    public void Of_very_many_values_none_is_looked_into(string begin, string one, string end)
    {
        var document = Encoding.UTF8.GetBytes($"{begin}{string.Join(',', Enumerable.Repeat(one, 3_000_000))}{end}");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DenseJsonException>(() => ReportReader.Read(document, "sha256:1"));
        Assert.Throws<DenseJsonException>(() => SbomReader.Read(document, "sha256:1"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void The_largest_true_report_and_sbom_are_read_and_as_much_of_them_is_kept_as_is_of_use()
    {
        var results = Enumerable.Range(0, 40_000).Select(i => new { ruleId = $"CVE-2026-{i}", level = i == 39_999 ? "error" : "note", message = new { text = $"Package: package-{i}\nInstalled Version: 1.0.{i}\nSeverity: LOW\nFixed Version: 1.1\n{new string('x', 200)}" } });
        var report = ReportReader.Read(JsonSerializer.SerializeToUtf8Bytes(new { runs = new[] { new { results } } }), "sha256:1")!;
        Assert.Equal((ScanReport.MostFindings, "CVE-2026-39999"), (report.Findings.Count, report.Findings[0].Id));

        var packages = Enumerable.Range(0, 30_000).Select(i => new { SPDXID = $"SPDXRef-Package-{i}", name = $"package-{i}", versionInfo = "1.0", downloadLocation = "NOASSERTION", externalRefs = new[] { new { referenceType = "purl", referenceLocator = $"pkg:deb/debian/package-{i}@1.0?arch=arm64&distro=debian-13&{new string('x', 300)}" } } });
        Assert.Equal(20_000, SbomReader.Read(JsonSerializer.SerializeToUtf8Bytes(new { spdxVersion = "SPDX-2.3", packages }), "sha256:1")!.Packages.Count);
    }

    [Fact]
    public void A_text_without_end_is_no_name_and_a_long_one_is_cut()
    {
        var (long_, endless) = (new string('a', 1000), new string('b', 20_000_000));
        var document = Encoding.UTF8.GetBytes($$$"""{"matches":[{"vulnerability":{"id":"{{{endless}}}" }},{"vulnerability":{"id":"{{{long_}}}","severity":"high"},"artifact":{"name":"{{{long_}}}","version":"{{{endless}}}" }}]}""");
        // The parser's own array, which is pooled.
        ReportReader.Read(document, "sha256:1");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var finding = Assert.Single(ReportReader.Read(document, "sha256:1")!.Findings);
        Assert.Equal((256, 256, null), (finding.Id.Length, finding.Package!.Length, finding.Version));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    private static ScanReport? Read(string document) => ReportReader.Read(Encoding.UTF8.GetBytes(document), "sha256:1");
}
