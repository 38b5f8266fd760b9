using System.Text;
using System.Text.Json;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Evidence.Signatures;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Gates;

/// <summary>From a push through the gates to the track's release, or to a verdict that says why not.</summary>
public sealed class GateFlowTests
{
    private const string Critical = """{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1","PkgName":"openssl","InstalledVersion":"3.0.1","FixedVersion":"3.0.2","Severity":"CRITICAL"},{"VulnerabilityID":"CVE-2026-2","PkgName":"musl","InstalledVersion":"1","Severity":"HIGH"}]}]}""";
    private const string Clean = """{"SchemaVersion":2,"ArtifactName":"sensor"}""";
    private const string Sbom = """{"spdxVersion":"SPDX-2.3","packages":[{"name":"musl","versionInfo":"1.2.5"}]}""";

    private readonly MemoryStores _stores = new();
    private readonly MemoryRegistry _registry = new();
    private readonly FakeTimeProvider _time = new(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Without_settings_every_gate_passes_and_says_so()
    {
        var release = await PushAsync(new TrackGates());
        Assert.Equal(ReleaseState.Active, State(release));
        Assert.Equal(
            ["tag", "order", "digest", "platforms", "size", "privileges", "attestedModels", "signature", "vulnerabilities", "sbom", "endOfLife", "minAge", "approvals"],
            release.Gates.Select(g => g.Gate));
        Assert.All(release.Gates, g => Assert.NotEmpty(g.Reason));
    }

    [Fact]
    public async Task A_cool_down_is_counted_from_when_we_first_saw_the_image_and_judged_again_at_its_end()
    {
        var release = await PushAsync(new TrackGates() { MinAge = TimeSpan.FromDays(1) });
        Assert.Equal(ReleaseState.Waiting, State(release));
        var (work, after) = Assert.Single(_stores.Later);
        Assert.Equal(TimeSpan.FromDays(1), after);

        _time.Advance(TimeSpan.FromDays(1));
        await RunAsync((ReadPushWork)work);
        Assert.Equal(ReleaseState.Active, State(_stores.Releases.Single()));
        Assert.Empty(_stores.Alerts);
    }

    [Fact]
    public async Task A_cool_down_that_is_longer_than_a_queue_keeps_a_message_ends_all_the_same()
    {
        await PushAsync(new TrackGates() { MinAge = TimeSpan.FromDays(14) });
        for (var looks = 1; looks <= 3; looks++)
        {
            Assert.Equal(ReleaseState.Waiting, State(_stores.Releases.Single()));
            var (work, after) = Assert.Single(_stores.Later);
            _stores.Later.Clear();
            _time.Advance(after);
            await RunAsync((ReadPushWork)work);
        }

        Assert.Equal(ReleaseState.Active, State(_stores.Releases.Single()));
        Assert.Empty(_stores.Later);
    }

    [Fact]
    public async Task Two_different_persons_have_to_approve()
    {
        var release = await PushAsync(new TrackGates() { Approvals = 2 });
        Assert.Null((await Decisions.ApproveAsync(release.Id, "anna", "looks good", null, default))!.Value.Reason);
        Assert.Equal(OperatorDecisions.ApprovedBefore, (await Decisions.ApproveAsync(release.Id, "Anna ", null, null, default))!.Value.Reason);
        await WorkOffAsync();
        Assert.Equal("Approved by anna; waits for another person.", _stores.Releases.Single().Gates.Single(g => g.Gate == "approvals").Reason);
        await Decisions.ApproveAsync(release.Id, "ben", null, null, default);
        await WorkOffAsync();
        Assert.Equal(ReleaseState.Active, State(_stores.Releases.Single()));
        Assert.Equal(OperatorDecisions.WentOut, (await Decisions.ApproveAsync(release.Id, "carl", null, null, default))!.Value.Reason);
    }

    [Fact]
    public async Task A_true_signature_lets_it_out_and_a_replayed_one_holds_it_with_the_reason()
    {
        const string subject = "sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46";
        var rules = new SignatureRules { Keys = [new(Encoding.ASCII.GetString(Samples.Read("signatures/cosign.pub")))], Roots = [Encoding.ASCII.GetString(Samples.Read("signatures/notation-root.pem"))], AtLeast = 2 };
        _registry.Attach(subject, "application/vnd.dev.sigstore.bundle.v0.3+json", Samples.Read("signatures/sigstore-bundle.json"));
        _registry.Attach(subject, "application/vnd.cncf.notary.signature", Samples.Read("signatures/notation-envelope.jws.json"), "application/jose+json");
        var found = await Evidence.ReadAsync(Source, Sample(subject), new() { Signature = rules }, default);
        Assert.Equal(2, found.Signatures.Select(s => SignatureChecks.Check(s, subject, rules, _time.GetUtcNow()).Signer).Distinct().Count());

        // The same two, filed under another image.
        _registry.Push("1.0.0");
        var other = _registry.Tags["1.0.0"];
        _registry.Attach(other, "application/vnd.dev.sigstore.bundle.v0.3+json", Samples.Read("signatures/sigstore-bundle.json"));
        _registry.Attach(other, "application/vnd.cncf.notary.signature", Samples.Read("signatures/notation-envelope.jws.json"), "application/jose+json", claims: subject);
        await ConfigureAsync(new() { Signature = rules });
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        Assert.Equal(ReleaseState.Waiting, State(_stores.Releases.Single()));
        _time.Advance(TimeSpan.FromHours(1));
        await RunAsync((ReadPushWork)_stores.Later[^1].Work);
        var release = _stores.Releases.Single();
        Assert.Equal(ReleaseState.Held, State(release));
        Assert.Contains("over another image", release.HeldReasons, StringComparison.Ordinal);
        Assert.Equal(AlertKind.ReleaseHeld, Assert.Single(_stores.Alerts).Kind);
    }

    [Theory]
    [InlineData(Critical, SeverityLimit.High, false, "CVE-2026-1 (critical, openssl 3.0.1, mended in 3.0.2)")]
    [InlineData(Critical, SeverityLimit.Critical, false, null)]
    [InlineData(Critical, SeverityLimit.Medium, true, "1 finding worse than medium")]
    [InlineData(Critical, SeverityLimit.Medium, false, "2 findings worse than medium")]
    [InlineData(Clean, SeverityLimit.Low, false, null)]
    public async Task What_a_scan_found_is_judged_by_severity_and_whether_it_can_be_mended(string report, SeverityLimit most, bool fixable, string? held)
    {
        var digest = _registry.Push("1.0.0");
        _registry.Attach(digest, "application/sarif+json", Encoding.UTF8.GetBytes(report));
        var release = await PushAsync(new TrackGates() { Vulnerabilities = new() { MaxSeverity = most, FixableOnly = fixable } });
        Assert.Equal(held is null ? ReleaseState.Active : ReleaseState.Held, State(release));
        Assert.Contains(held ?? "", release.HeldReasons, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_in_an_image_is_known_once_it_goes_out_whatever_its_gates_ask_for()
    {
        _registry.Attach(_registry.Push("1.0.0"), "application/sarif+json", Encoding.UTF8.GetBytes(Critical));
        var release = await PushAsync(new TrackGates());
        Assert.Equal((ReleaseState.Active, true), (State(release), _stores.Contents.GetValueOrDefault(release.Id)?.IsKnown));
    }

    [Fact]
    public async Task A_scan_that_comes_later_is_waited_for_and_after_its_time_the_release_is_held()
    {
        var release = await PushAsync(new TrackGates() { Vulnerabilities = new() { Within = TimeSpan.FromHours(2) } });
        Assert.Equal(ReleaseState.Waiting, State(release));
        _stores.Sent.Add(new("sha256:2", Encoding.UTF8.GetBytes(Clean)));
        await Decisions.JudgeAgainAsync(release, default);
        await WorkOffAsync();
        Assert.Equal(ReleaseState.Active, State(_stores.Releases.Single()));

        await PushAsync("1.1.0");
        _stores.Sent.Clear();
        await PushAsync("1.2.0");
        _time.Advance(TimeSpan.FromHours(2));
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.2.0"));
        Assert.Equal(ReleaseState.Held, State(_stores.Releases.Single(r => r.Tag == "1.2.0")));
    }

    [Fact]
    public async Task An_allowed_finding_counts_again_after_its_date_and_a_vex_puts_others_aside()
    {
        var rules = new VulnerabilityRules { MaxSeverity = SeverityLimit.Medium, Allow = [new("CVE-2026-1", "not reachable", _time.GetUtcNow().AddDays(1))] };
        var report = ReportReader.Read(Encoding.UTF8.GetBytes(Critical), "sha256:1")!;
        var vex = ReportReader.Read("""{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-2026-2","analysis":{"state":"not_affected"}}]}"""u8.ToArray(), "sha256:2")!;
        Assert.Empty(VulnerabilitiesGate.Sift([report, vex], rules, _time.GetUtcNow(), []).Worse);
        Assert.Equal("CVE-2026-1", Assert.Single(VulnerabilitiesGate.Sift([report, vex], rules, _time.GetUtcNow().AddDays(1), []).Worse).Id);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task An_override_lets_it_out_stays_on_it_and_does_not_cover_what_is_found_later()
    {
        var digest = _registry.Push("1.0.0");
        _registry.Attach(digest, "application/sarif+json", Encoding.UTF8.GetBytes(Critical));
        var release = await PushAsync(new TrackGates() { Vulnerabilities = new(), Approvals = 1 });
        Assert.Equal("reason: why the gate is not to count.", (await Decisions.OverrideAsync(release.Id, "vulnerabilities", "anna", " ", null, default))!.Value.Reason);
        Assert.Contains("does not hold", (await Decisions.OverrideAsync(release.Id, "size", "anna", "because", null, default))!.Value.Reason, StringComparison.Ordinal);
        await Decisions.OverrideAsync(release.Id, "vulnerabilities", "anna", "Not reachable from outside.", null, default);
        await WorkOffAsync();
        Assert.Equal(ReleaseState.Waiting, State(_stores.Releases.Single()));

        _stores.Sent.Add(new("sha256:2", Encoding.UTF8.GetBytes(Critical.Replace("CVE-2026-2", "CVE-2026-3", StringComparison.Ordinal))));
        await Decisions.ApproveAsync(release.Id, "ben", null, null, default);
        await WorkOffAsync();
        Assert.Equal(ReleaseState.Held, State(_stores.Releases.Single()));
        await Decisions.OverrideAsync(release.Id, "vulnerabilities", "anna", "Nor is that.", null, default);
        await WorkOffAsync();
        Assert.Equal((ReleaseState.Active, 2), (State(_stores.Releases.Single()), _stores.Releases.Single().Overrides.Count));
    }

    [Fact]
    public async Task An_override_covers_the_same_findings_in_tomorrow_s_scan()
    {
        _registry.Attach(_registry.Push("1.0.0"), "application/sarif+json", Encoding.UTF8.GetBytes(Critical));
        var release = await PushAsync(new TrackGates() { Vulnerabilities = new(), Approvals = 1 });
        await Decisions.OverrideAsync(release.Id, "vulnerabilities", "anna", "Not reachable from outside.", null, default);
        _stores.Sent.Add(new("sha256:2", Encoding.UTF8.GetBytes(Critical + "\n")));
        await WorkOffAsync();
        Assert.Equal(2, _stores.Contents[release.Id].Documents!.Count(d => d.Report is not null));
        Assert.Equal(ReleaseState.Waiting, State(_stores.Releases.Single()));
    }

    [Theory]
    [InlineData("low", Verdict.Held)]
    [InlineData("medium", Verdict.Passed)]
    public async Task A_finding_of_which_nobody_says_how_bad_it_is_counts_as_medium(string most, Verdict verdict)
    {
        _registry.Attach(_registry.Push("1.0.0"), "application/json", """{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-1","Severity":"UNKNOWN"}]}]}"""u8.ToArray());
        var release = await PushAsync(new TrackGates() { Vulnerabilities = new() { MaxSeverity = Enum.Parse<SeverityLimit>(most, ignoreCase: true) } });
        Assert.Equal(verdict, release.Gates.Single(g => g.Gate == "vulnerabilities").Verdict);
    }

    [Fact]
    public async Task A_statement_that_known_vulnerabilities_do_not_matter_is_no_scan()
    {
        _registry.Attach(_registry.Push("1.0.0"), "application/vnd.openvex+json", """{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-2026-1"},"status":"not_affected"}]}"""u8.ToArray());
        var release = await PushAsync(new TrackGates() { Vulnerabilities = new() });
        Assert.Equal("No scan's report is there yet.", release.Gates.Single(g => g.Gate == "vulnerabilities").Reason);
    }

    [Fact]
    public async Task An_sbom_is_found_among_the_referrers_and_in_buildx_attestations()
    {
        var attestation = _registry.Put(MediaTypes.OciManifest, new
        {
            layers = new[] { new { mediaType = "application/vnd.in-toto+json", digest = _registry.Put("x", Encoding.UTF8.GetBytes($$"""{"predicate":{{Sbom}}}""")), size = 10, annotations = new Dictionary<string, string> { ["in-toto.io/predicate-type"] = "https://spdx.dev/Document" } } },
        });
        _registry.PushIndex("1.0.0", _registry.Child("linux/arm/v7"), _registry.Child("linux/arm64"), new
        {
            digest = attestation,
            platform = new { os = "unknown", architecture = "unknown" },
            annotations = new Dictionary<string, string> { ["vnd.docker.reference.type"] = "attestation-manifest" },
        });
        var release = await PushAsync(new TrackGates() { Sbom = true }, push: false);
        Assert.Equal(ReleaseState.Active, State(release));

        _registry.Attach(_registry.Push("1.1.0"), "application/spdx+json", Encoding.UTF8.GetBytes(Sbom));
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.1.0"));
        Assert.Contains("SPDX, 1 packages", _stores.Releases.Single(r => r.Tag == "1.1.0").Gates.Single(g => g.Gate == "sbom").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_past_its_end_of_life_is_held()
    {
        _registry.Attach(_registry.Push("1.0.0"), "application/vnd.microsoft.artifact.lifecycle", "{}"u8.ToArray(),
            annotations: new() { ["vnd.microsoft.artifact.lifecycle.end-of-life.date"] = "2026-05-31" });
        var release = await PushAsync(new TrackGates() { EndOfLife = true });
        Assert.Equal("Its end of life was 2026-05-31.", release.HeldReasons);
    }

    [Fact]
    public async Task Models_that_nobody_tested_or_not_lately_hold_a_release()
    {
        var release = await PushAsync(new TrackGates() { AttestedModels = true });
        Assert.Equal("Devices of models that nobody has tested: no model (2).", release.HeldReasons);
        _stores.Models["m1"] = new() { Name = "m1", SecurityTested = true, SecurityTest = new("TUEV", _time.GetUtcNow().AddYears(-1), null, _time.GetUtcNow().AddDays(-1)) };
        foreach (var id in new[] { "arm", "arm64" })
            _stores.Devices[id] = _stores.Devices[id] with { Model = "m1" };
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        Assert.Contains("past their date: m1", _stores.Releases.Single().HeldReasons, StringComparison.Ordinal);
        _stores.Models["m1"] = _stores.Models["m1"] with { SecurityTest = new("TUEV", _time.GetUtcNow()) };
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        Assert.Equal(ReleaseState.Active, State(_stores.Releases.Single()));
    }

    [Fact]
    public async Task What_a_container_asks_for_has_to_fit_the_segment_and_be_no_wider_than_what_is_out()
    {
        var quiet = new { User = "1000", Labels = new Dictionary<string, string> { ["io.fleet.network.egress"] = "mqtt.example.com" } };
        var loud = new { User = "1000", Labels = new Dictionary<string, string> { ["io.fleet.run.privileged"] = "true", ["io.fleet.run.capabilities"] = "NET_ADMIN" } };
        _registry.PushIndex("1.0.0", _registry.Child("linux/arm/v7", container: quiet), _registry.Child("linux/arm64", container: quiet));
        await PushAsync(new TrackGates() { Privileges = PrivilegeRule.Segment }, push: false);
        Assert.Equal(ReleaseState.Active, State(_stores.Releases.Single()));

        _registry.PushIndex("1.1.0", _registry.Child("linux/arm/v7", "b", container: loud), _registry.Child("linux/arm64", "b", container: quiet));
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.1.0"));
        var wider = _stores.Releases.Single(r => r.Tag == "1.1.0");
        Assert.Equal("It asks for more than 1.0.0, which is out: to run privileged, for the capability NET_ADMIN.", wider.HeldReasons);
        _stores.Models["m1"] = new() { Name = "m1", Segment = "plant", Privileges = new() };
        _stores.Devices["arm"] = _stores.Devices["arm"] with { Model = "m1" };
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.1.0"));
        Assert.Contains("m1 (segment plant) does not allow it to run privileged", _stores.Releases.Single(r => r.Tag == "1.1.0").HeldReasons, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_referrers_and_a_hundred_megabytes_are_a_held_gate_with_the_reason()
    {
        var digest = _registry.Push("1.0.0");
        for (var i = 0; i < Referrer.Most; i++)
            _registry.Attach(digest, "application/spdx+json", Encoding.UTF8.GetBytes($"\"{i}\""));
        await PushAsync(new TrackGates() { Sbom = true });
        Assert.InRange(_registry.Reads, 40, 100);
        _time.Advance(TimeSpan.FromHours(1));
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        Assert.Contains("Only 40 of what is attached was read", _stores.Releases.Single().HeldReasons, StringComparison.Ordinal);

        _registry.Attach(_registry.Push("1.1.0"), "application/spdx+json", new byte[EvidenceReader.MaxDocumentBytes + 1]);
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.1.0"));
        Assert.Contains("20971521 bytes, more than the 20971520 that are read", _stores.Releases.Single(r => r.Tag == "1.1.0").Gates.Single(g => g.Gate == "sbom").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_release_that_is_judged_again_costs_its_lists_and_none_of_the_documents()
    {
        var digest = _registry.Push("1.0.0");
        for (var i = 0; i < 10; i++)
            _registry.Attach(digest, "application/sarif+json", Encoding.UTF8.GetBytes(Critical.Replace("3.0.1", $"3.{i}", StringComparison.Ordinal)));
        Assert.Equal(ReleaseState.Held, State(await PushAsync(new TrackGates { Vulnerabilities = new() })));
        var (reads, lists, unchanged) = (_registry.Reads, _registry.Lists, _registry.Unchanged);
        for (var i = 0; i < 5; i++)
            await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        Assert.Equal(reads, _registry.Reads);
        Assert.Equal(_registry.Lists - lists, _registry.Unchanged - unchanged);

        _registry.Attach(digest, "application/vnd.cyclonedx+json", """{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-2026-1","analysis":{"state":"not_affected"}},{"id":"CVE-2026-2","analysis":{"state":"not_affected"}}]}"""u8.ToArray());
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        Assert.Equal(ReleaseState.Active, State(_stores.Releases.Single()));
        Assert.Equal(reads + 2, _registry.Reads);
    }

    [Fact]
    public async Task What_names_another_image_is_no_evidence_and_does_not_hide_what_is()
    {
        var digest = _registry.Push("1.0.0");
        _registry.Attach(digest, "application/sarif+json", Encoding.UTF8.GetBytes(Critical), claims: $"sha256:{new string('9', 64)}");
        _registry.Attach(digest, "application/sarif+json", "not json"u8.ToArray());
        _registry.Attach(digest, "application/sarif+json", Encoding.UTF8.GetBytes(Clean));
        Assert.Equal(ReleaseState.Active, State(await PushAsync(new TrackGates() { Vulnerabilities = new() })));
    }

    [Fact]
    public async Task A_registry_that_is_down_while_evidence_is_looked_for_delays()
    {
        await ConfigureAsync(new() { Sbom = true });
        _registry.Push("1.0.0");
        _registry.ReferrersDown = new UnavailableException(IRegistryReader.Service);
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        Assert.Equal(ReleaseState.Waiting, State(_stores.Releases.Single()));
        Assert.Empty(_stores.Alerts);
    }

    [Theory]
    [InlineData("cve-2026-1", null, "openssl 3.0.1")]
    [InlineData(null, "openssl", "openssl 3.0.1")]
    [InlineData(null, "openssl@3.0.1", "openssl 3.0.1")]
    [InlineData(null, "openssl@3.0.2", null)]
    [InlineData("CVE-2026-9", null, null)]
    public async Task Which_devices_a_vulnerability_concerns_is_known_by_name_with_the_release_that_mends_it(string? cve, string? package, string? because)
    {
        var gates = new TrackGates { Vulnerabilities = new() { MaxSeverity = SeverityLimit.Critical } };
        _registry.Attach(_registry.Push("1.0.0"), "application/sarif+json", Encoding.UTF8.GetBytes(Critical));
        var out1 = await PushAsync(gates);
        _stores.Desired["arm"] = new(1, [new("sensor", "i", "1.0.0", out1.Id, "sha256:a", 1)]);
        _stores.Desired["other"] = new(1, [new("old", "i", "0.1.0", $"old-{new string('0', 32)}", "sha256:b", 1)]);
        _time.Advance(TimeSpan.FromDays(1));
        _registry.Attach(_registry.Push("1.0.1"), "application/sarif+json", Encoding.UTF8.GetBytes(Clean));
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.1"));

        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        var answer = await new Exposure(fleet, _stores).RunAsync(cve, package, default);
        Assert.Equal(because is null ? [] : [$"arm {because} 1.0.1"], answer.Concerned.Select(c => $"{c.DeviceId} {c.Because} {c.MendedBy}"));
        Assert.Equal([$"old-{new string('0', 32)}"], answer.Unknown);
    }

    [Fact]
    public async Task A_dry_run_says_who_gets_what_and_who_does_not_and_why()
    {
        await PushAsync(new TrackGates());
        _stores.Devices["off"] = _stores.Devices["arm"] with { Id = "off", Enabled = false };
        _stores.Devices["riscv"] = _stores.Devices["arm"] with { Id = "riscv", Platform = "linux/riscv64" };
        await _stores.SaveAsync((await ((ITracks)_stores).FindAsync("sensor", default))! with { Gates = new() { MinAge = TimeSpan.FromDays(2), Approvals = 1 } }, default);
        await PushAsync("1.1.0");
        var answer = await _stores.DryRunAtOnce(_time).RunAsync(_stores.Releases.Single(r => r.Tag == "1.1.0"), default);
        Assert.Equal((2, 2020, 20), (answer.Devices, answer.Bytes, answer.BytesAfterCurrent));
        Assert.Equal(_time.GetUtcNow().AddDays(2), answer.NotBefore);
        Assert.Equal(["disabled: off", "incompatible platform: riscv"], answer.Excluded.Select(e => $"{e.Reason}: {string.Join(", ", e.Names)}"));
        Assert.Equal(2, answer.StandsInTheWay.Count);
    }

    [Fact]
    public async Task Releases_stored_before_there_were_such_gates_are_read()
    {
        var stored = """{"id":"sensor-136042fae6cadcd8d1cf28a98c06cfef","track":"sensor","registry":"r","repository":"s","digest":"sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46","mediaType":"m","tag":"1.0.0","tags":["1.0.0"],"firstSeenAt":"2026-11-23T10:00:00+00:00","platforms":[{"platform":"linux/amd64","digest":"sha256:1","sizeBytes":5}],"gates":[{"gate":"tag","verdict":"passed","reason":"x","at":"2026-11-23T10:00:00+00:00"}],"heldAlerted":false}""";
        var release = JsonSerializer.Deserialize<Release>(stored, WireJson.Options)!;
        Assert.True(release.MayGoOut);
        Assert.Equal(5, release.Platforms[0].BytesAfter(release.Platforms[0]));
        await Task.CompletedTask;
    }

    private static ImageSource Source => new(new() { Host = "r.example.com", Endpoint = new("https://r.example.com") }, "fleet/sensor");

    private static Release Sample(string digest) => new()
    {
        Id = Release.IdOf("sensor", digest),
        Track = "sensor",
        Registry = "r.example.com",
        Repository = "fleet/sensor",
        Digest = digest,
        MediaType = MediaTypes.OciIndex,
        Tag = "1.0.0",
        FirstSeenAt = default,
    };

    private EvidenceReader Evidence => _evidence ??= new(_registry, _stores, _time);

    private EvidenceReader? _evidence;

    private OperatorDecisions Decisions => new(_stores, _stores, _time);

    private ReleaseState State(Release release) => release.StateWhen(_stores.CurrentAsync("sensor", default).Result?.Value);

    private async Task<Release> PushAsync(TrackGates gates, bool push = true)
    {
        await ConfigureAsync(gates);
        if (push && !_registry.Tags.ContainsKey("1.0.0"))
            _registry.Push("1.0.0");
        await RunAsync(new(["r.example.com"], "fleet/sensor", "1.0.0"));
        return _stores.Releases.Single(r => r.Tag == "1.0.0");
    }

    private async Task PushAsync(string tag)
    {
        _registry.Push(tag);
        await RunAsync(new(["r.example.com"], "fleet/sensor", tag));
    }

    private async Task ConfigureAsync(TrackGates gates)
    {
        await _stores.SaveAsync(new RegistryConfiguration { Host = "r.example.com", Endpoint = new("https://r.example.com") }, default);
        await _stores.SaveAsync(new Track { Name = "sensor", Registry = "r.example.com", Repository = "fleet/sensor", Targets = new() { Groups = ["*"] }, Gates = gates }, default);
        _stores.Devices["arm"] = new() { Id = "arm", Platform = "linux/arm/v7", RegisteredAt = default };
        _stores.Devices["arm64"] = new() { Id = "arm64", Platform = "linux/arm64", RegisteredAt = default };
    }

    private async Task RunAsync(ReadPushWork work)
    {
        var keeper = new Gatekeeper(_stores, _stores, _stores, Evidence, _time);
        var follow = new FollowTag(_stores, _stores, _registry, new(_stores, _stores, keeper, _stores, _stores, _time), _stores, _time);
        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        var watch = new WatchReleases(_stores, _stores, _stores, fleet, Evidence, _stores, _stores, _time);
        await new FollowPush(_stores, _stores, _stores, follow, watch, _stores, _time).RunAsync(JsonSerializer.Serialize(work, WireJson.Options), default);
        await WorkOffAsync();
    }

    private async Task WorkOffAsync()
    {
        while (_stores.Work.Count > 0)
        {
            var work = _stores.Work[0];
            _stores.Work.RemoveAt(0);
            if (work is ReadPushWork push)
                await RunAsync(push);
            else if (work is OfferWork offer)
                await _stores.OfferAtOnce(_time).RunAsync(offer.Track, default);
        }
    }
}
