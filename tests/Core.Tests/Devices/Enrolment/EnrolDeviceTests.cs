using Core.Tests.Releases;
using CsCheck;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Devices.Enrolment;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Devices.Enrolment;

public sealed class EnrolDeviceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryClaims _store = new();
    private readonly DeviceKeys _keys = new(new byte[32]);
    private readonly ClaimTokens _tokens = new(new byte[32]);

    private DeviceRegistration Registration => new(_store, _keys, _time);

    /// <summary>Each call as of a process that was just started, unless it is kept.</summary>
    private EnrolDevice Enrolment => new(_tokens, _store, _store, Registration, _time);

    [Fact]
    public async Task A_device_with_a_claim_gets_its_own_key_and_what_the_claim_says_of_it()
    {
        var token = await ClaimAsync(new() { Model = "pump", Groups = ["site-a"], Platform = "linux/amd64" });
        var outcome = await EnrolAsync(token, "pump-1", platform: "linux/arm64");
        Assert.Equal((_keys.Of("pump-1", 1).PrimaryKey, true), (outcome.Registered?.Keys?.PrimaryKey, outcome.IsNew));
        var device = outcome.Registered!.Device;
        Assert.Equal(("pump", "linux/amd64", "site-a", _tokens.Read(token)), (device.Model, device.Platform, device.Groups[0], device.Enrolled?.Claim));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_claim_lets_in_as_many_devices_as_it_is_for_however_many_ask_at_once(int uses)
    {
        var token = await ClaimAsync(new() { Uses = uses });
        var enrolment = Enrolment;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => enrolment.RunAsync(Asked(token, $"d-{i}"), None))));
        Assert.Equal((uses, uses), (outcomes.Count(o => o.Registered is not null), _store.Enrolled));
        Assert.All(outcomes.Where(o => o.Registered is null), o => Assert.True(o.Refusal is EnrolmentRefusal.UsedUp or EnrolmentRefusal.TooOften));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task A_process_that_dies_on_any_line_leaves_the_use_to_the_device_it_was_spent_on(int write, bool after)
    {
        var token = await ClaimAsync(new());
        if (after)
            _store.DieAfter = write;
        else
            _store.DieBefore = write;
        await Assert.ThrowsAsync<ProcessDied>(() => EnrolAsync(token, "a"));
        Assert.Equal(_keys.Of("a", 1), (await EnrolAsync(token, "a")).Registered?.Keys);
        Assert.Equal(EnrolmentRefusal.UsedUp, (await EnrolAsync(token, "b")).Refusal);
        Assert.Equal(1, _store.Enrolled);
    }

    [Fact]
    public async Task A_use_that_was_spent_before_the_process_died_is_nobody_elses()
    {
        var token = await ClaimAsync(new());
        _store.DieAfter = 1;
        await Assert.ThrowsAsync<ProcessDied>(() => EnrolAsync(token, "a"));
        Assert.Equal(EnrolmentRefusal.UsedUp, (await EnrolAsync(token, "b")).Refusal);
        Assert.Equal(EnrolmentRefusal.UsedUp, (await EnrolAsync(token, "a", nonce: "another-nonce-of-another-device")).Refusal);
        Assert.Equal(0, _store.Enrolled);
    }

    [Fact]
    public async Task A_device_that_lost_the_answer_asks_again_and_spends_nothing()
    {
        var token = await ClaimAsync(new() { Uses = 2 });
        var first = await EnrolAsync(token, "a");
        var second = await EnrolAsync(token, "a");
        Assert.Equal((first.Registered?.Keys, true, false), (second.Registered?.Keys, first.IsNew, second.IsNew));
        Assert.Single(await _store.UsesAsync(first.Claim!, None));
    }

    [Fact]
    public async Task A_claim_does_not_enrol_over_a_device_that_is_or_was_there()
    {
        var token = await ClaimAsync(new() { Uses = 9 });
        await Registration.PutAsync("operators", new(), None);
        await Registration.PutAsync("removed", new(), None);
        await Registration.DeleteAsync("removed", None);
        await EnrolAsync(token, "enrolled");
        foreach (var id in new[] { "operators", "removed", "OPERATORS" })
            Assert.Equal(EnrolmentRefusal.Taken, (await EnrolAsync(token, id)).Refusal);
        Assert.Equal(EnrolmentRefusal.Taken, (await EnrolAsync(token, "enrolled", nonce: "another-nonce-of-another-device")).Refusal);
        Assert.Single(await _store.UsesAsync(_tokens.Read(token)!, None));
    }

    [Fact]
    public async Task Who_has_token_and_nonce_gets_no_key_that_was_rotated_since_and_none_of_a_device_that_is_disabled()
    {
        var token = await ClaimAsync(new() { Uses = 2 });
        await EnrolAsync(token, "rotated");
        await EnrolAsync(token, "disabled");
        await Registration.RotateKeysAsync("rotated", None);
        await Registration.SetEnabledAsync("disabled", false, None);
        foreach (var id in new[] { "rotated", "disabled" })
            Assert.Equal(EnrolmentRefusal.Taken, (await EnrolAsync(token, id)).Refusal);
    }

    [Fact]
    public async Task A_claim_ends_when_it_expires_or_is_revoked_and_its_devices_stay()
    {
        var (expired, revoked) = (await ClaimAsync(new() { Uses = 2, ExpiresIn = TimeSpan.FromHours(1) }), await ClaimAsync(new() { Uses = 2 }));
        await EnrolAsync(expired, "a");
        _time.Advance(TimeSpan.FromHours(1));
        await _store.RevokeAsync(_tokens.Read(revoked)!, _time.GetUtcNow(), None);
        foreach (var (token, id) in new[] { (expired, "a"), (expired, "b"), (revoked, "c") })
            Assert.Equal(EnrolmentRefusal.Token, (await EnrolAsync(token, id)).Refusal);
        Assert.Equal(1, _store.Enrolled);
    }

    [Fact]
    public async Task A_claim_is_for_the_ids_that_it_names()
    {
        var token = await ClaimAsync(new() { Uses = 2, IdPrefix = "pump-" });
        Assert.Equal(EnrolmentRefusal.Id, (await EnrolAsync(token, "camera-1")).Refusal);
        Assert.NotNull((await EnrolAsync(token, "pump-1")).Registered);
    }

    [Fact]
    public async Task A_token_that_was_made_up_is_refused_without_a_read_of_any_store()
    {
        var token = await ClaimAsync(new());
        Gen.Int[0, token.Length - 1].Select(Gen.Char[' ', '~']).Where((at, c) => token[at] != c).Sample((at, c) =>
            Assert.Null(_tokens.Read($"{token[..at]}{c}{token[(at + 1)..]}")));
        Gen.String.Sample(text => Assert.Null(_tokens.Read(text)));
        Assert.Equal(EnrolmentRefusal.Token, (await EnrolAsync(new ClaimTokens(new byte[33]).Of(ClaimTokens.NewId()), "a")).Refusal);
        Assert.Equal(0, _store.Reads);
    }

    [Fact]
    public async Task Those_who_ask_with_one_claim_have_a_rate_and_another_claim_has_its_own()
    {
        var (token, other, enrolment) = (await ClaimAsync(new()), await ClaimAsync(new()), Enrolment);
        for (var i = 0; i < EnrolDevice.Burst; i++)
            await enrolment.RunAsync(Asked(token, $"d-{i}"), None);
        var refused = await enrolment.RunAsync(Asked(token, "d"), None);
        Assert.Equal((EnrolmentRefusal.TooOften, true), (refused.Refusal, refused.Wait > TimeSpan.Zero));
        Assert.NotNull((await enrolment.RunAsync(Asked(other, "d"), None)).Registered);
    }

    private async Task<string> ClaimAsync(ClaimRequest asked)
    {
        var claim = new Claim(ClaimTokens.NewId(), asked, _time.GetUtcNow());
        await _store.AddAsync(claim, None);
        return _tokens.Of(claim.Id);
    }

    private Task<EnrolmentOutcome> EnrolAsync(string token, string id, string? nonce = null, string? platform = null) =>
        Enrolment.RunAsync(Asked(token, id, nonce) with { Platform = platform }, None);

    private static EnrolRequest Asked(string token, string id, string? nonce = null) => new() { Token = token, DeviceId = id, Nonce = nonce ?? $"nonce-of-{id}-0123456789" };
}
