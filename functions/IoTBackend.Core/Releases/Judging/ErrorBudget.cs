namespace IoTBackend.Core.Releases.Judging;

/// <summary>
/// The probability of being wrong, shared out. All criteria together stop one good image in a hundred at most; half of that is the drain's, which is hardest to tell. Whatever is looked at several times,
/// or in several groups, shares its part: look k gets 1 / (k (k + 1)) of it, so that all looks there will ever be come to no more than the whole, however they depend on each other
/// (Bonferroni's inequality; spending over looks after Lan and DeMets, Biometrika 70, 1983).
/// </summary>
internal static class ErrorBudget
{
    /// <summary>To call a good image worse for its drain.</summary>
    public const double Drain = 0.005;

    /// <summary>Of each other criterion, likewise.</summary>
    public const double Worse = (0.01 - Drain) / 3;

    /// <summary>Of each criterion, to call one that is worse by the limit not worse: an image of which it is told at all has to be told rightly in nine cases of ten, also where little can be told.</summary>
    public const double NotWorse = 0.01;

    /// <summary>A further look is worth its part once there is half as much again to see.</summary>
    public const double Growth = 1.5;

    public static double AtLook(int look) => 1.0 / look / (look + 1);

    /// <summary>Where a look is taken only when twice as much is to be seen, it is the second that decides: half is its part, a quarter the first one's, and all further ones share the rest.</summary>
    public static double AtFinerLook(int look) => look switch { 1 => 0.25, 2 => 0.5, _ => 0.25 * AtLook(look - 2) };
}
