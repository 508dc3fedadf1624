from django.urls import path

from accounts.views import LogInView, LogOutView, ProfileView, RefreshView, SignUpView

urlpatterns = [
    path("auth/signup/", SignUpView.as_view(), name="signup"),
    path("auth/login/", LogInView.as_view(), name="login"),
    path("auth/refresh/", RefreshView.as_view(), name="refresh"),
    path("auth/logout/", LogOutView.as_view(), name="logout"),
    path("profile/", ProfileView.as_view(), name="profile"),
]
