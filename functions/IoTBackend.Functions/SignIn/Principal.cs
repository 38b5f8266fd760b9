using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.SignIn;

/// <summary>
/// Whom App Service Authentication has authenticated; the one reader of its headers
/// (learn.microsoft.com/azure/app-service/configure-authentication-user-identities). <see cref="SignInGate"/> has taken them off where the platform does not set them.
/// </summary>
/// <param name="Name">What people call them by: the sign-in name.</param>
/// <param name="TenantId">The directory; null where the token names none.</param>
/// <param name="Roles">App roles of the registration.</param>
internal sealed record Principal(string Name, string? TenantId, IReadOnlyList<string> Roles)
{
    private const string Whole = "X-MS-CLIENT-PRINCIPAL";
    private const string Login = Whole + "-NAME";
    private const string Number = Whole + "-ID";

    private static readonly string[] TenantClaims = ["tid", "http://schemas.microsoft.com/identity/claims/tenantid"];
    private static readonly string[] RoleClaims = ["roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"];

    /// <summary>Where the platform has authenticated a person nobody can be somebody else; elsewhere who they say they are.</summary>
    public static string? NameOf(HttpRequest request, string? given) => Header(request, Login) ?? given;

    /// <summary>The directory's id of the person, or null.</summary>
    public static string? IdOf(HttpRequest request) => Header(request, Number);

    /// <summary>Takes off what somebody outside may have set.</summary>
    public static void TakeOff(HttpRequest request)
    {
        request.Headers.Remove(Whole);
        request.Headers.Remove(Login);
        request.Headers.Remove(Number);
    }

    /// <summary>The person, or null where there is none or the header is not what the platform writes.</summary>
    public static Principal? Of(HttpRequest request)
    {
        if (Header(request, Whole) is not { } encoded || Header(request, Login) is not { } name)
            return null;
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(encoded));
            return Of(name, document.RootElement);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static Principal? Of(string name, JsonElement said)
    {
        if (said.GetProperty("auth_typ").GetString() != "aad")
            return null;
        var claims = said.GetProperty("claims").EnumerateArray().Select(c => (Type: c.GetProperty("typ").GetString(), Value: c.GetProperty("val").GetString() ?? "")).ToList();
        return new(name, claims.FirstOrDefault(c => TenantClaims.Contains(c.Type)).Value, [.. claims.Where(c => RoleClaims.Contains(c.Type)).Select(c => c.Value)]);
    }

    private static string? Header(HttpRequest request, string name) => request.Headers[name] is [{ Length: > 0 } value] ? value : null;
}
