using System.Security.Cryptography;
using CsCheck;
using IoTBackend.Core.Shared;

namespace Core.Tests.Shared;

public sealed class SealedSecretsTests
{
    private readonly SealedSecrets _secrets = new(new byte[32]);

    [Fact]
    public void What_was_sealed_opens_again() =>
        Gen.String[Gen.Char.AlphaNumeric, 0, 200].Sample(secret => Assert.Equal(secret, _secrets.Open(_secrets.Seal(secret, "a"), "a")));

    [Fact]
    public void The_stored_form_shows_nothing_and_differs_each_time()
    {
        var (first, second) = (_secrets.Seal("whsec_abc", "a"), _secrets.Seal("whsec_abc", "a"));
        Assert.NotEqual(first, second);
        Assert.DoesNotContain("whsec", first, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_owner_or_master_key_cannot_open_it()
    {
        var stored = _secrets.Seal("whsec_abc", "channel/a");
        Assert.ThrowsAny<CryptographicException>(() => _secrets.Open(stored, "channel/b"));
        Assert.ThrowsAny<CryptographicException>(() => new SealedSecrets([.. Enumerable.Repeat((byte)1, 32)]).Open(stored, "channel/a"));
    }

    [Fact]
    public void No_secret_stays_no_secret() => Assert.Null(_secrets.Open(_secrets.Seal(null, "a"), "a"));
}
